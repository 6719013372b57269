package audit

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
)

// Lookup calls see with the records, the newest first, until it answers false.
func (t *Trail) Lookup(ctx context.Context, see func(*Record, []byte) bool) error {
	now, names, err := t.files()
	if err != nil {
		return err
	}
	defer func() { _ = now.Close() }()
	read := func() ([]byte, error) { return contents(now) }
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		raw, err := read()
		if err != nil && !os.IsNotExist(err) { // too old to be kept by now
			return fmt.Errorf("read the audit trail: %w", err)
		}
		for len(raw) > 0 {
			raw = bytes.TrimRight(raw, "\n")
			line := raw[bytes.LastIndexByte(raw, '\n')+1:]
			raw = raw[:len(raw)-len(line)]
			var r Record
			if len(line) == 0 || json.Unmarshal(line, &r) != nil {
				continue // cut off by a crash
			}
			if !see(&r, line) {
				return nil
			}
		}
		if len(names) == 0 {
			return nil
		}
		name := names[len(names)-1]
		names = names[:len(names)-1]
		read = func() ([]byte, error) { return os.ReadFile(t.path(name)) }
	}
}

// files are those that records are in at this moment: the current one, which stays the same when it is put aside meanwhile, and those that
// were, the oldest first.
func (t *Trail) files() (now *os.File, names []string, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.flush(); err != nil {
		return nil, nil, err
	}
	if names, err = t.rotated(); err != nil {
		return nil, nil, err
	}
	if now, err = os.Open(t.path(current)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, nil, fmt.Errorf("read the audit trail: %w", err)
	}
	return now, names, nil
}

// contents reads what a file has by now; of one that somebody has taken away there is none.
func contents(f *os.File) ([]byte, error) {
	if f == nil {
		return nil, nil
	}
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	raw := make([]byte, info.Size())
	_, err = io.ReadFull(f, raw)
	return raw, err
}
