package audit

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
)

// Lookup calls see with the records, the newest first, until it answers false.
func (t *Trail) Lookup(ctx context.Context, see func(*Record, []byte) bool) error {
	t.mu.Lock()
	err := t.flush()
	names, lerr := t.rotated()
	t.mu.Unlock()
	if err != nil {
		return err
	}
	if lerr != nil {
		return lerr
	}
	slices.Reverse(names)
	for _, name := range append([]string{current}, names...) {
		if err := ctx.Err(); err != nil {
			return err
		}
		raw, err := os.ReadFile(t.path(name))
		if os.IsNotExist(err) {
			continue // rotated away meanwhile
		}
		if err != nil {
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
	}
	return nil
}
