package source

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/connector/s3/store"
)

// stream reads the files of changes, one behind the other. It looks for new ones, the more seldom the longer none came.
type stream struct {
	source  *source
	request connector.StreamRequest
	tables  map[string]*followed // by schema and name, see appendKey
	unknown map[string]bool      // tables that were named and are in no definition
	key     []byte               // of the last look-up

	at     position // of what was read
	now    *opened  // nil between files
	name   string   // of that file, below the folder
	ahead  []file
	more   bool // there are files behind those ahead that are too new yet
	waits  bool // it was told that a promised file is waited for
	looked time.Time
	pause  time.Duration
	ended  bool // StreamRequest.Until was reached
	idle   bool // nothing has come since it was said so

	mu struct {
		sync.Mutex
		read  time.Time
		quiet bool
	}
}

var _ connector.Stream = (*stream)(nil)

// quietEvery is how often Next returns while nothing happens; shortestPause and longestPause bound the time between two looks for files.
const (
	quietEvery    = time.Second
	shortestPause = 250 * time.Millisecond
	longestPause  = 5 * time.Second
)

// Stream implements connector.Streamer.
func (s *source) Stream(_ context.Context, r connector.StreamRequest, from string) (connector.Stream, error) {
	at, err := parsePosition(from)
	if err != nil {
		return nil, err
	}
	if !s.Parquet && s.Changes == "" {
		return nil, invalid("set CdcPath", "no folder of files of changes is named")
	}
	st := &stream{source: s, request: r, at: at, tables: map[string]*followed{}, unknown: map[string]bool{}, pause: shortestPause}
	for _, t := range s.Tables {
		st.tables[keyOf(t.Name)] = &followed{table: t}
	}
	for _, f := range r.Tables {
		if err := st.Follow(f); err != nil {
			return nil, err
		}
	}
	return st, nil
}

// mostListed is how many files are remembered ahead.
const mostListed = 10_000

// changes lists the files of changes from a name on, in their order, at most mostListed of them unless the name is empty. Their keys
// are those below the folder. A file that has nothing in it is none yet: its writer may have just made it.
func (s *source) changes(ctx context.Context, from string) ([]file, error) {
	if s.Parquet {
		out, _, err := s.dated(ctx, from)
		return out, err
	}
	var out []file
	byName := func(a, b file) int { return cmp.Compare(a.key, b.key) }
	err := s.Store.ListFrom(ctx, s.Changes, s.Changes+from, func(o store.Object) error {
		if !isCSV(path.Base(o.Key)) || o.Size == 0 {
			return nil
		}
		out = append(out, file{key: strings.TrimPrefix(o.Key, s.Changes), size: o.Size, modified: o.Modified})
		if from != "" && len(out) >= 2*mostListed {
			slices.SortFunc(out, byName)
			out = out[:mostListed]
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list the files of changes: %w", err)
	}
	slices.SortFunc(out, byName)
	return out, nil
}

// Next implements connector.Stream.
func (st *stream) Next(ctx context.Context) (connector.Event, error) {
	timer := time.NewTimer(quietEvery)
	defer timer.Stop()
	for {
		wait, err := st.advance(ctx)
		if err != nil {
			return connector.Event{}, err
		}
		switch {
		case st.ended:
			return connector.Event{Position: st.at.String(), Ended: true}, nil
		case st.now != nil:
			return st.deliver(ctx)
		}
		st.setQuiet(!st.more)
		if !st.idle && !st.more { // it is said at once that there is no more
			st.idle = true
			return connector.Event{Position: st.at.String(), Quiet: true}, nil
		}
		select {
		case <-time.After(wait):
		case <-timer.C:
			return connector.Event{Position: st.at.String(), Quiet: !st.more}, nil
		case <-ctx.Done():
			return connector.Event{}, context.Cause(ctx)
		}
	}
}

// advance opens the next file, if there is one. Otherwise it says how long to wait until the next look.
func (st *stream) advance(ctx context.Context) (wait time.Duration, err error) {
	if st.now != nil || st.ended {
		return 0, nil
	}
	if wait = st.pause - time.Since(st.looked); wait <= 0 {
		if err := st.look(ctx); err != nil {
			return 0, err
		}
		wait = st.pause
	}
	if len(st.ahead) == 0 {
		return wait, nil
	}
	next := st.ahead[0]
	if until := st.request.Until; !until.IsZero() && next.modified.After(until) {
		st.ended = true
		return 0, nil
	}
	if err := st.open(ctx, next); err != nil {
		return 0, err
	}
	st.ahead = st.ahead[1:]
	return 0, nil
}

// look lists the files that are ahead.
func (st *stream) look(ctx context.Context) error {
	var all []file
	var err error
	if st.source.Parquet {
		all, st.more, err = st.settled(ctx)
	} else {
		all, err = st.source.changes(ctx, st.at.File)
	}
	if err != nil {
		return err
	}
	half := st.at.Records > 0 // the file at hand was read in part
	if half && (len(all) == 0 || all[0].key != st.at.File || all[0].size != st.at.Size) {
		return &connector.Error{
			Class: connector.Missing, Err: fmt.Errorf("the file of changes %s%s, of which %d records were read, is gone or is another by now", st.source.Changes, st.at.File, st.at.Records),
			Remedy: "put it back as it was, or start the task anew",
		}
	}
	if len(all) > 0 && all[0].key == st.at.File && st.at.File != "" && !half {
		if was := st.at.Size; was != 0 && all[0].size != was {
			return &connector.Error{
				Class: connector.Missing, Err: fmt.Errorf("the file of changes %s%s had %d bytes when it was read, and has %d by now", st.source.Changes, st.at.File, was, all[0].size),
				Remedy: appearWhole,
			}
		}
		all = all[1:]
	}
	st.ahead, st.looked = all, time.Now()
	st.pause = min(2*st.pause, longestPause)
	if len(all) > 0 {
		st.pause = shortestPause
	}
	return nil
}

// open begins a file, behind what was read of it.
func (st *stream) open(ctx context.Context, f file) error {
	whole := f
	whole.key = st.source.Changes + f.key
	o, err := st.source.open(ctx, whole)
	if err != nil {
		return err
	}
	for f.key == st.at.File && o.Records() < st.at.Records {
		if err := o.Next(); err != nil {
			o.close()
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return st.failed(ctx, whole, err)
		}
	}
	st.now, st.name = o, f.key
	return nil
}

func (st *stream) failed(ctx context.Context, f file, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return unreadable(f, err)
}

func (st *stream) setQuiet(quiet bool) {
	st.mu.Lock()
	st.mu.quiet = quiet
	st.mu.Unlock()
}

// end is the position behind a file.
func (f file) end() position {
	p := position{File: f.key, Size: f.size}
	if f.table != nil {
		p.Files = f.before + 1
	}
	return p
}

// Acknowledge implements connector.Stream: files stay.
func (st *stream) Acknowledge(string) {}

// Status implements connector.Stream.
func (st *stream) Status() connector.StreamStatus {
	st.mu.Lock()
	defer st.mu.Unlock()
	return connector.StreamStatus{Read: st.mu.read, Quiet: st.mu.quiet, Retained: -1}
}

// Close implements connector.Stream.
func (st *stream) Close() error {
	if st.now != nil {
		st.now.close()
		st.now = nil
	}
	return nil
}
