package audit

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"time"
)

// agingEvery is how often it is looked for records that are too old, be there calls or not.
const agingEvery = time.Hour

// isOld reports whether the current file has been written to for long enough.
func (t *Trail) isOld(now time.Time) bool {
	return t.config.MaxAge > 0 && !t.mu.began.IsZero() && now.Sub(t.mu.began) >= t.config.span()
}

// span is how long a file is written to where records have an age to go at; that long some stay beyond it. Half of the files are enough for all of
// the age then, so that on quiet days files which are not full push none out.
func (c *Config) span() time.Duration {
	return min(c.MaxAge, max(24*time.Hour, 2*c.MaxAge/time.Duration(c.MaxFiles)))
}

// age removes what is too old, now and from time to time. What fails is tried again the next time.
func (t *Trail) age() {
	if t.config.MaxAge <= 0 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.mu.closed {
		return
	}
	if err := t.retire(); err != nil {
		t.config.Log.Warn("old audit records could not be removed", "error", err)
	}
	t.mu.aging = time.AfterFunc(agingEvery, t.age)
}

// retire puts a current file aside that has been written to for long enough, and removes the files beyond the limits.
func (t *Trail) retire() error {
	if now := t.config.Now(); t.mu.size > 0 && t.isOld(now) {
		return t.rotate(now)
	}
	return t.trim()
}

// trim removes the oldest files: those of which all records are too old, and those that there is no room for.
func (t *Trail) trim() error {
	old, err := t.rotated()
	if err != nil {
		return err
	}
	for i, name := range old {
		aged := t.config.MaxAge > 0 && t.config.Now().Sub(ended(old, i)) >= t.config.MaxAge
		if !aged && len(old)-i <= t.config.MaxFiles {
			return nil
		}
		if err := os.Remove(t.path(name)); err != nil && !os.IsNotExist(err) { // somebody has taken it away
			return fmt.Errorf("remove an old audit file: %w", err)
		}
		if !aged && t.config.MaxAge > 0 {
			t.config.Log.Warn("audit records go before their time, for there are as many files as may be", "until", ended(old, i), "files", t.config.MaxFiles)
		}
	}
	return nil
}

// firstTime is when the first record of a file was; the zero time of one that has none.
func firstTime(f io.ReaderAt, size int64) time.Time {
	line, _ := bufio.NewReader(io.NewSectionReader(f, 0, size)).ReadBytes('\n')
	at, _ := when(line)
	return at
}
