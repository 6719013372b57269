package audit

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// Config says where the trail lies and how long it gets. Zero values are the documented defaults.
type Config struct {
	Dir      string
	MaxBytes int64         // of one file; 64 MiB
	MaxFiles int           // beside the current one; 100
	MaxAge   time.Duration // of records: files whose last one is older go; 0: they stay
	Now      func() time.Time
	Log      *slog.Logger  // of records that go before their time; nil: nobody is told
	MaxDelay time.Duration // until the record of a read is in the file; 100 ms
}

const current = "trail.jsonl"

// aside is how a file is named that was put aside, by the time of its end: in the order of time.
const aside = "trail-20060102T150405.000000000Z.jsonl"

// A Trail appends records to files. The record of a change, or of credentials handed out, is in the file before Record returns; those of reads
// follow within MaxDelay. What a full disk has no room for waits in memory and goes first once there is room.
type Trail struct {
	config Config

	mu struct {
		sync.Mutex
		file    *os.File
		waiting []byte    // what is not in the file yet
		size    int64     // of the file with that
		began   time.Time // when the file's first record was; zero while it has none
		aging   *time.Timer
		failed  error // why it is not
		pending *time.Timer
		closed  bool
	}
}

const (
	// piece is how much waits at the most for MaxDelay.
	piece = 64 << 10
	// mostWaiting bounds what waits for room: the records of changes that were under way when it went out.
	mostWaiting = 1 << 20
)

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
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	c.Log = c.Log.With("folder", c.Dir)
	if c.Now == nil {
		c.Now = time.Now
	}
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the audit trail's folder: %w", err)
	}
	t := &Trail{config: c}
	if err := t.begin(); err != nil {
		return nil, err
	}
	t.age()
	return t, nil
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
		return errors.Join(fmt.Errorf("open the audit trail: %w", err), f.Close())
	}
	t.mu.file, t.mu.size, t.mu.began = f, size, firstTime(f, size)
	if last := make([]byte, 1); size > 0 {
		if _, err := f.ReadAt(last, size-1); err == nil && last[0] != '\n' {
			t.mu.waiting = append(t.mu.waiting, '\n')
			t.mu.size++
		}
	}
	return nil
}

// Ready says why nothing can be recorded now, so that nothing may be done that would have to be.
func (t *Trail) Ready() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.ready()
}

func (t *Trail) ready() error {
	switch {
	case t.mu.closed:
		return fmt.Errorf("write an audit record: %w", os.ErrClosed)
	case t.mu.failed != nil:
		return t.flush()
	}
	return nil
}

// Record appends a record. An error means that the call must not be answered as if it had been recorded; that of a change, which is made
// already, follows all the same when there is room.
func (t *Trail) Record(r *Record) error {
	var room [1536]byte // most records fit
	line := append(r.appendJSON(room[:0]), '\n')
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.ready(); err != nil && !t.mayWait(r, len(line)) {
		return err
	}
	if t.mu.failed == nil && t.mu.size > 0 && (t.mu.size+int64(len(line)) > t.config.MaxBytes || t.isOld(r.EventTime)) {
		if err := t.rotate(r.EventTime); err != nil && !r.matters() {
			return err
		}
	}
	if t.mu.began.IsZero() {
		t.mu.began = r.EventTime
	}
	t.mu.waiting = append(t.mu.waiting, line...)
	t.mu.size += int64(len(line))
	if r.matters() || len(t.mu.waiting) >= piece {
		return t.flush()
	}
	t.later()
	return nil
}

// mayWait reports whether a record is kept for which there is no room in the file. What was refused gets half of the room, so that it crowds
// out no change that was made.
func (t *Trail) mayWait(r *Record, size int) bool {
	room := mostWaiting
	if r.ErrorCode != "" {
		room /= 2
	}
	return !t.mu.closed && r.matters() && len(t.mu.waiting)+size <= room
}

// later writes what waits after MaxDelay.
func (t *Trail) later() {
	if t.mu.pending != nil || t.mu.closed {
		return
	}
	t.mu.pending = time.AfterFunc(t.config.MaxDelay, func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.mu.pending = nil
		_ = t.flush() // whoever comes next is told
	})
}

// flush writes what waits. What has no room goes on waiting, to be gone on with where the file has ended: it is tried again also when no
// other call comes, because until then a crash would take it along.
func (t *Trail) flush() error {
	if len(t.mu.waiting) == 0 {
		t.mu.failed = nil
		return nil
	}
	n, err := t.mu.file.Write(t.mu.waiting)
	t.mu.waiting = t.mu.waiting[:copy(t.mu.waiting, t.mu.waiting[n:])]
	if t.mu.failed = err; err != nil {
		t.later()
		return fmt.Errorf("write an audit record: %w", err)
	}
	return nil
}

// rotate puts the current file aside under the time of its end and removes those beyond the limits. Until there is a new one the
// old one is written to.
func (t *Trail) rotate(at time.Time) error {
	if err := t.flush(); err != nil {
		return err
	}
	name, err := t.next(at.UTC())
	if err != nil {
		return err
	}
	old := t.mu.file
	if err := os.Rename(t.path(current), name); err != nil && !errors.Is(err, os.ErrNotExist) { // whoever has taken it away has it
		return fmt.Errorf("rotate the audit trail: %w", err)
	}
	if err := t.begin(); err != nil {
		return errors.Join(err, os.Rename(name, t.path(current)))
	}
	if err := old.Close(); err != nil {
		return fmt.Errorf("close an audit file: %w", err)
	}
	return t.trim()
}

// next is where a file goes that is put aside: behind all that are there. Records are told apart by seconds alone, of which one may fill several
// files, the one that ends a file may have begun before others, and a clock may be set back.
func (t *Trail) next(at time.Time) (string, error) {
	old, err := t.rotated()
	if err != nil {
		return "", err
	}
	if len(old) > 0 {
		if last, err := time.Parse(aside, old[len(old)-1]); err == nil && !at.After(last) {
			at = last.Add(1)
		}
	}
	return t.path(at.Format(aside)), nil
}

// rotated lists the files put aside, the oldest first.
func (t *Trail) rotated() ([]string, error) {
	entries, err := os.ReadDir(t.config.Dir)
	if err != nil {
		return nil, fmt.Errorf("list the audit files: %w", err)
	}
	var names []string
	for _, e := range entries {
		if _, err := time.Parse(aside, e.Name()); err == nil {
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
	for _, timer := range []*time.Timer{t.mu.pending, t.mu.aging} {
		if timer != nil {
			timer.Stop()
		}
	}
	err := t.flush()
	if cerr := t.mu.file.Close(); err == nil && cerr != nil {
		err = fmt.Errorf("close the audit trail: %w", cerr)
	}
	return err
}
