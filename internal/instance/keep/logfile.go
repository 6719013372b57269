package keep

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"sync"
)

// The bounds of a task's log: its file and as many before it.
const (
	MaxLogBytes = 10 << 20
	OldLogs     = 4
)

// Log is where the log of a task lies, and the size of all its files.
func (d Dir) Log(id string) (path string, size int64, err error) {
	if err := CheckID(id); err != nil {
		return "", 0, err
	}
	path = filepath.Join(d.task(id), log)
	for i := range OldLogs + 1 {
		if info, err := os.Stat(numbered(path, i)); err == nil {
			size += info.Size()
		}
	}
	return path, size, nil
}

// LogFiles are the files of a task's log that there are, the oldest first.
func (d Dir) LogFiles(id string) []string {
	if CheckID(id) != nil {
		return nil
	}
	var all []string
	for i := OldLogs; i >= 0; i-- {
		path := numbered(filepath.Join(d.task(id), log), i)
		if _, err := os.Stat(path); err == nil {
			all = append(all, path)
		}
	}
	return all
}

func numbered(path string, i int) string {
	if i == 0 {
		return path
	}
	return path + "." + strconv.Itoa(i)
}

// LogFile is a log that begins a new file when the present one is full. It is safe for use by several goroutines.
type LogFile struct {
	path string
	max  int64
	mu   struct {
		sync.Mutex
		file *os.File
		size int64
	}
}

// OpenLog continues the log of a task.
func (d Dir) OpenLog(id string) (*LogFile, error) {
	if err := d.Make(id); err != nil {
		return nil, err
	}
	l := &LogFile{path: filepath.Join(d.task(id), log), max: MaxLogBytes}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l, l.open()
}

func (l *LogFile) open() error {
	f, err := os.OpenFile(l.path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("open the log of a task: %w", err)
	}
	info, err := f.Stat()
	if err != nil {
		return errors.Join(fmt.Errorf("open the log of a task: %w", err), f.Close())
	}
	l.mu.file, l.mu.size = f, info.Size()
	return nil
}

// Write appends whole lines.
func (l *LogFile) Write(lines []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.mu.file == nil {
		return 0, fs.ErrClosed
	}
	if l.mu.size > 0 && l.mu.size+int64(len(lines)) > l.max {
		if err := l.rotate(); err != nil {
			return 0, err
		}
	}
	n, err := l.mu.file.Write(lines)
	l.mu.size += int64(n)
	return n, err
}

func (l *LogFile) rotate() error {
	err := l.mu.file.Close()
	l.mu.file = nil
	for i := OldLogs; i > 0 && err == nil; i-- {
		if err = os.Rename(numbered(l.path, i-1), numbered(l.path, i)); errors.Is(err, fs.ErrNotExist) {
			err = nil
		}
	}
	return errors.Join(err, l.open())
}

// ClearLog empties the log of a task that does not run; what writes one clears it itself.
func (d Dir) ClearLog(id string) error {
	if err := CheckID(id); err != nil {
		return err
	}
	path := filepath.Join(d.task(id), log)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return emptyLog(path)
}

// emptyLog puts an empty file in the place of a log's. It is made before the others go: a file system gives the number of one that has gone
// to the next, and whoever reads the log tells its files by their numbers.
func emptyLog(path string) error {
	fresh := path + ".new"
	f, err := os.OpenFile(fresh, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("delete the log of a task: %w", err)
	}
	if err := errors.Join(f.Close(), os.Rename(fresh, path)); err != nil {
		return fmt.Errorf("delete the log of a task: %w", err)
	}
	for i := 1; i <= OldLogs; i++ {
		if err := os.Remove(numbered(path, i)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("delete the log of a task: %w", err)
		}
	}
	return nil
}

// Clear removes what the log holds, and goes on with an empty one.
func (l *LogFile) Clear() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.mu.file == nil {
		return fs.ErrClosed
	}
	err := l.mu.file.Close()
	l.mu.file = nil
	return errors.Join(err, emptyLog(l.path), l.open())
}

// Close ends the log; what is written later is lost.
func (l *LogFile) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.mu.file == nil {
		return nil
	}
	err := l.mu.file.Close()
	l.mu.file = nil
	return err
}
