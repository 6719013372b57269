package audit

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// Config says where the trail lies and how long it gets. Zero values are the documented defaults.
type Config struct {
	Dir      string
	MaxBytes int64         // of one file; 64 MiB
	MaxFiles int           // beside the current one; 100
	MaxDelay time.Duration // until the record of a read is in the file; 100 ms
}

const current = "trail.jsonl"

// A Trail appends records to files. The record of a change is in the file before Record returns; those of reads follow
// within MaxDelay.
type Trail struct {
	config Config

	mu struct {
		sync.Mutex
		file    *os.File
		out     *bufio.Writer
		size    int64
		pending *time.Timer
		closed  bool
	}
}

// Open makes or continues a trail.
func Open(c Config) (*Trail, error) {
	if c.MaxBytes <= 0 {
		c.MaxBytes = 64 << 20
	}
	if c.MaxFiles <= 0 {
		c.MaxFiles = 100
	}
	if c.MaxDelay <= 0 {
		c.MaxDelay = 100 * time.Millisecond
	}
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the audit trail's folder: %w", err)
	}
	t := &Trail{config: c}
	return t, t.begin()
}

func (t *Trail) path(name string) string { return filepath.Join(t.config.Dir, name) }

// begin opens the current file. A line that a crash cut off is ended, so that it spoils no other.
func (t *Trail) begin() error {
	f, err := os.OpenFile(t.path(current), os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("open the audit trail: %w", err)
	}
	size, err := f.Seek(0, 2)
	if err != nil {
		return fmt.Errorf("open the audit trail: %w", err)
	}
	t.mu.file, t.mu.size, t.mu.out = f, size, bufio.NewWriterSize(f, 64<<10)
	if last := make([]byte, 1); size > 0 {
		if _, err := f.ReadAt(last, size-1); err == nil && last[0] != '\n' {
			_, _ = t.mu.out.WriteString("\n")
			t.mu.size++
		}
	}
	return nil
}

// Record appends a record. An error means that the call must not be answered as if it had been recorded.
func (t *Trail) Record(r *Record) error {
	line := r.appendJSON(make([]byte, 0, 1536))
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.mu.closed {
		return fmt.Errorf("write an audit record: %w", os.ErrClosed)
	}
	if t.mu.size > 0 && t.mu.size+int64(len(line)) > t.config.MaxBytes {
		if err := t.rotate(r.EventTime); err != nil {
			return err
		}
	}
	line = append(line, '\n')
	if _, err := t.mu.out.Write(line); err != nil {
		t.reopen()
		return fmt.Errorf("write an audit record: %w", err)
	}
	t.mu.size += int64(len(line))
	if !r.ReadOnly {
		return t.flush()
	}
	if t.mu.pending == nil {
		t.mu.pending = time.AfterFunc(t.config.MaxDelay, func() {
			t.mu.Lock()
			defer t.mu.Unlock()
			t.mu.pending = nil
			_ = t.flush() // the next record meets the same error and reports it
		})
	}
	return nil
}

func (t *Trail) flush() error {
	if err := t.mu.out.Flush(); err != nil {
		t.reopen()
		return fmt.Errorf("write an audit record: %w", err)
	}
	return nil
}

// reopen forgets a writer that has failed: a full disk may have room again.
func (t *Trail) reopen() { t.mu.out = bufio.NewWriterSize(t.mu.file, 64<<10) }

// rotate puts the current file aside under the time of its end and removes the oldest beyond the limit.
func (t *Trail) rotate(at time.Time) error {
	if err := t.flush(); err != nil {
		return err
	}
	if err := t.mu.file.Close(); err != nil {
		return fmt.Errorf("close an audit file: %w", err)
	}
	name := "trail-" + at.UTC().Format("20060102T150405.000000000Z") + ".jsonl"
	if err := os.Rename(t.path(current), t.path(name)); err != nil {
		return fmt.Errorf("rotate the audit trail: %w", err)
	}
	old, err := t.rotated()
	if err != nil {
		return err
	}
	for len(old) > t.config.MaxFiles {
		if err := os.Remove(t.path(old[0])); err != nil {
			return fmt.Errorf("remove an old audit file: %w", err)
		}
		old = old[1:]
	}
	return t.begin()
}

// rotated lists the files put aside, the oldest first.
func (t *Trail) rotated() ([]string, error) {
	entries, err := os.ReadDir(t.config.Dir)
	if err != nil {
		return nil, fmt.Errorf("list the audit files: %w", err)
	}
	var names []string
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), "trail-") && strings.HasSuffix(e.Name(), ".jsonl") {
			names = append(names, e.Name())
		}
	}
	slices.Sort(names)
	return names, nil
}

// Close writes what is pending and ends the trail.
func (t *Trail) Close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.mu.closed {
		return nil
	}
	t.mu.closed = true
	if t.mu.pending != nil {
		t.mu.pending.Stop()
	}
	err := t.flush()
	if cerr := t.mu.file.Close(); err == nil && cerr != nil {
		err = fmt.Errorf("close the audit trail: %w", cerr)
	}
	return err
}
