package monitor

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/whimbreldb/whimbrel/internal/instance/keep"
	"github.com/whimbreldb/whimbrel/internal/logstore"
)

// filePlace is a place in a task's log. Files are told apart by their inodes, because they are renamed when they are full, and by how they
// begin, because a file system gives the number of a file that has gone to another.
type filePlace struct {
	inode  uint64
	offset int64
	head   uint32 // 0 where it is not known: in places of versions that did not write it
}

// String is how a place is written down.
func (p filePlace) String() string { return fmt.Sprintf("%d:%d:%d", p.inode, p.offset, p.head) }

func parsePlace(text string) (p filePlace) {
	if n, _ := fmt.Sscanf(text, "%d:%d:%d", &p.inode, &p.offset, &p.head); n < 2 {
		return filePlace{}
	}
	return p
}

// logFile is one file of a log.
type logFile struct {
	path     string
	inode    uint64
	size     int64
	modified time.Time
	head     uint32 // a checksum of the first line, which has the microsecond that it was written in; 0 while there is none
}

// holds reports whether a place is in the file.
func (f *logFile) holds(p filePlace) bool {
	return f.inode == p.inode && (p.head == 0 || f.head == p.head)
}

// longestHead is how far a first line is looked at.
const longestHead = 512

// readHead reads how the file begins. It answers false when it has been renamed or removed meanwhile.
func (f *logFile) readHead() (there bool, err error) {
	file, err := os.Open(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return false, err
	}
	if of, ok := info.Sys().(*syscall.Stat_t); !ok || of.Ino != f.inode {
		return false, nil
	}
	begin, err := io.ReadAll(io.LimitReader(file, longestHead))
	if err != nil {
		return false, err
	}
	line, _, whole := bytes.Cut(begin, []byte{'\n'})
	if whole || len(begin) == longestHead {
		f.head = max(crc32.ChecksumIEEE(line), 1)
	}
	return true, nil
}

// logFiles are those of a log, the oldest first.
type logFiles []logFile

func filesOf(paths []string) (all logFiles) {
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			continue // renamed meanwhile: the next look finds it
		}
		if of, ok := info.Sys().(*syscall.Stat_t); ok {
			all = append(all, logFile{path: path, inode: of.Ino, size: info.Size(), modified: info.ModTime()})
		}
	}
	return all
}

// readHeads reads how each file begins. It answers false when they have changed places meanwhile.
func (all logFiles) readHeads() (there bool, err error) {
	for i := range all {
		if there, err := all[i].readHead(); err != nil || !there {
			return false, err
		}
	}
	return true, nil
}

// fingerprint is a text that changes whenever something is written.
func (all logFiles) fingerprint() string {
	var b strings.Builder
	for _, f := range all {
		fmt.Fprintf(&b, "%d:%d:%d ", f.inode, f.size, f.modified.UnixNano())
	}
	return b.String()
}

// lost reports whether what was written behind a place has been removed before it was taken: the file of the place has gone, and the
// log has as many files as it may. One that somebody has cleared has fewer.
func (all logFiles) lost(p filePlace) bool {
	return p.inode != 0 && len(all) == keep.OldLogs+1 && !slices.ContainsFunc(all, func(f logFile) bool { return f.holds(p) })
}

// from are the files from a place on; all of them when the file of the place is gone.
func (all logFiles) from(p filePlace) logFiles {
	for i, f := range all {
		if f.holds(p) && f.size >= p.offset {
			return all[i:]
		}
	}
	return all
}

// takenAtOnce is how much of a file is taken in one transaction.
const takenAtOnce = 1 << 20

// read reads whole lines from an offset on. A line without a time has that of the line before, or now.
func (f *logFile) read(offset, now int64) (lines []logstore.Line, next int64, err error) {
	file, err := os.Open(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, offset, nil
	}
	if err != nil {
		return nil, offset, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, offset, err
	}
	if of, ok := info.Sys().(*syscall.Stat_t); !ok || of.Ino != f.inode {
		return nil, offset, nil // it has been renamed meanwhile
	}
	chunk, err := io.ReadAll(io.NewSectionReader(file, offset, takenAtOnce))
	if err != nil {
		return nil, offset, err
	}
	end := bytes.LastIndexByte(chunk, '\n') + 1
	if end == 0 && len(chunk) == takenAtOnce {
		end = len(chunk) // a line that long is cut
	}
	at := now
	for line := range bytes.Lines(chunk[:end]) {
		text := strings.TrimSuffix(string(line), "\n")
		if t, ok := lineTime(text); ok {
			at = t
		}
		if text != "" {
			lines = append(lines, logstore.Line{At: at, Message: text})
		}
	}
	if len(lines) == 0 {
		end = 0
	}
	return lines, offset + int64(end), nil
}

// lineForm is how the lines of a task's log begin, up to the microseconds.
const lineForm = "2006-01-02T15:04:05"

// lineTime is when a line was written, in milliseconds.
func lineTime(line string) (int64, bool) {
	const whole = len(lineForm) + len(":000000")
	if len(line) < whole {
		return 0, false
	}
	t, err := time.Parse(lineForm+".000000", line[:len(lineForm)]+"."+line[len(lineForm)+1:whole])
	if err != nil {
		return 0, false
	}
	return t.UnixMilli(), true
}
