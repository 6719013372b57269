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

// Lookup calls see with the records of a period and their positions, those written last first, from a position on backwards, until it answers
// false. Files are read in pieces from their ends, and those not at all whose names say that nothing of the period is in them. A line is good
// until see returns.
func (t *Trail) Lookup(ctx context.Context, p Period, from Position, see func(line []byte, at Position) bool) error {
	f, names, err := t.files()
	if err != nil {
		return err
	}
	end := int64(-1)
	if from != (Position{}) {
		if f, end, names, err = t.startOf(ctx, f, names, from); err != nil {
			return err
		}
	}
	var r reader
	wanted := func(line []byte, at Position) bool { return !p.has(line) || see(line, at) }
	more, err := r.lines(ctx, f, end, wanted)
	for i := len(names) - 1; err == nil && more && i >= 0; i-- {
		if !p.From.IsZero() && ended(names, i).Before(p.From.Add(-slack)) {
			return nil // and so are all before it
		}
		if p.isBefore(names, i) {
			continue
		}
		old, oerr := t.open(names[i])
		if oerr != nil || old == nil { // what is too old to be kept by now was the oldest
			return oerr
		}
		more, err = r.lines(ctx, old, -1, wanted)
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

// A reader reads files backwards. What it reads into is used again, so that a look-up takes as much memory as its longest line and a piece,
// however long the trail is.
type reader struct {
	buffer []byte // its end holds what is read and has not been seen
	free   int    // of the buffer, before that
}

// lines calls see with the lines of a file that end before end (-1: all), the last first, and closes it; no file has none. What a crash cut off
// is for see to find out. It is more when see wants more.
func (r *reader) lines(ctx context.Context, f *os.File, end int64, see func([]byte, Position) bool) (more bool, err error) {
	if f == nil {
		return true, nil
	}
	defer func() { _ = f.Close() }()
	name, size, err := identify(f)
	if err != nil {
		return false, err
	}
	if end < 0 {
		end = size
	}
	r.free = len(r.buffer)
	for at := end; at > 0; {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		n := int(min(at, readPiece))
		at -= int64(n)
		r.makeRoom(n)
		if _, err := f.ReadAt(r.buffer[r.free-n:r.free], at); err != nil {
			return false, fmt.Errorf("read the audit trail: %w", err)
		}
		r.free -= n
		have := r.buffer[r.free:]
		for {
			have = bytes.TrimRight(have, "\n")
			before := bytes.LastIndexByte(have, '\n')
			if before < 0 && at > 0 || len(have) == 0 {
				break // its beginning is in the piece before
			}
			line := have[before+1:]
			have = have[:before+1]
			if !see(line, Position{name, at + int64(before+1)}) {
				return false, nil
			}
		}
		r.keep(have)
	}
	return true, nil
}

// makeRoom has n bytes free before what is kept.
func (r *reader) makeRoom(n int) {
	if r.free >= n {
		return
	}
	kept := r.buffer[r.free:]
	larger := make([]byte, max(2*len(r.buffer), n+len(kept), 2*readPiece))
	r.free = len(larger) - copy(larger[len(larger)-len(kept):], kept)
	r.buffer = larger
}

// keep moves what has not been seen to the buffer's end.
func (r *reader) keep(have []byte) {
	r.free = len(r.buffer) - len(have)
	copy(r.buffer[r.free:], have)
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
