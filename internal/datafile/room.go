package datafile

import (
	"context"
	"sync"
	"sync/atomic"
)

// looks is how many times a file is measured while as much is written as it may take.
const looks = 32

// Room holds a file to a bound while it is written to, and not only when what is old is looked for.
type Room struct {
	written atomic.Int64
	full    atomic.Bool
	mu      sync.Mutex // held while something is removed
}

// Wrote is told how many bytes were written. Now and then it measures the file; if that is larger than it may be it has trim
// remove what is oldest, and whoever writes waits for that.
func (r *Room) Wrote(ctx context.Context, f *File, bytes, most int64, trim func(context.Context) error) error {
	if r.written.Add(bytes) < most/looks {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.written.Load() < most/looks {
		return nil // somebody else has just looked
	}
	if used, err := f.Used(ctx); err != nil {
		return err
	} else if used > most {
		if err := trim(ctx); err != nil {
			return err
		}
	}
	r.written.Store(0)
	return r.Look(ctx, f, most)
}

// Look measures the file after something was removed: Full says from then on whether it is larger than it may be.
func (r *Room) Look(ctx context.Context, f *File, most int64) error {
	used, err := f.Used(ctx)
	if err == nil {
		r.full.Store(used > most)
	}
	return err
}

// Full reports that the file is larger than it may be, and nothing more could be removed.
func (r *Room) Full() bool { return r.full.Load() }
