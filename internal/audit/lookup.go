package audit

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"
)

// A Period is what is looked for: records of calls that began in it. A zero time is no bound.
type Period struct{ From, Until time.Time }

// slack is how much later than the call began its record may have been written: records lie in the order of the ends of calls. A call may
// take 30 s, the rest is for clocks.
const slack = 2 * time.Minute

// Lookup calls see with the records of a period, those written last first, until it answers false. Files are read in pieces from their ends, and
// those not at all whose names say that nothing of the period is in them.
func (t *Trail) Lookup(ctx context.Context, p Period, see func(line []byte) bool) error {
	now, names, err := t.files()
	if err != nil {
		return err
	}
	wanted := func(line []byte) bool { return !p.has(line) || see(line) }
	more, err := lines(ctx, now, wanted)
	for i := len(names) - 1; err == nil && more && i >= 0; i-- {
		if !p.From.IsZero() && ended(names, i).Before(p.From.Add(-slack)) {
			return nil // and so are all before it
		}
		if p.isBefore(names, i) {
			continue
		}
		f, oerr := os.Open(t.path(names[i]))
		if errors.Is(oerr, os.ErrNotExist) {
			return nil // too old to be kept by now
		}
		if oerr != nil {
			return fmt.Errorf("read the audit trail: %w", oerr)
		}
		more, err = lines(ctx, f, wanted)
	}
	return err
}

// ended is when a file was put aside; the zero time for the one before the first.
func ended(names []string, i int) time.Time {
	if i < 0 {
		return time.Time{}
	}
	at, _ := time.Parse(aside, names[i]) // as all names that rotated lists
	return at
}

// isBefore reports whether the period is over before the file began. A file that was put aside by a clock that had been set back is named right
// behind the one before it, and may hold anything.
func (p Period) isBefore(names []string, i int) bool {
	began := ended(names, i-1)
	return !p.Until.IsZero() && began.After(p.Until.Add(slack)) && ended(names, i).Sub(began) > time.Microsecond
}

// has reads the time alone, as far as it can: most lines of a trail are of another day.
func (p Period) has(line []byte) bool {
	if p.From.IsZero() && p.Until.IsZero() {
		return true
	}
	at, ok := when(line)
	return ok && !at.Before(p.From) && (p.Until.IsZero() || !at.After(p.Until))
}

// when is the eventTime of a line. Before it stands userIdentity alone, in which no text has a bare quotation mark.
func when(line []byte) (time.Time, bool) {
	const name = `"eventTime":"`
	if _, rest, ok := bytes.Cut(line, []byte(name)); ok {
		if text, _, ok := bytes.Cut(rest, []byte(`"`)); ok {
			if at, err := time.Parse(time.RFC3339Nano, string(text)); err == nil {
				return at, true
			}
		}
	}
	var r Record
	err := json.Unmarshal(line, &r)
	return r.EventTime, err == nil
}

// readPiece is how much of a file is read at once.
const readPiece = 256 << 10

// lines calls see with the lines of a file, the last first, and closes it. What a crash cut off is for see to find out. It is more when see
// wants more.
func lines(ctx context.Context, f *os.File, see func([]byte) bool) (more bool, err error) {
	if f == nil {
		return true, nil
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return false, fmt.Errorf("read the audit trail: %w", err)
	}
	var have []byte // from at on, less what has been seen
	for at := info.Size(); at > 0; {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		n := min(at, readPiece)
		at -= n
		piece := make([]byte, int(n), int(n)+len(have))
		if _, err := f.ReadAt(piece, at); err != nil {
			return false, fmt.Errorf("read the audit trail: %w", err)
		}
		have = append(piece, have...)
		for {
			have = bytes.TrimRight(have, "\n")
			end := bytes.LastIndexByte(have, '\n')
			if end < 0 && at > 0 || len(have) == 0 {
				break // its beginning is in the piece before
			}
			line := have[end+1:]
			have = have[:end+1]
			if !see(line) {
				return false, nil
			}
		}
	}
	return true, nil
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
