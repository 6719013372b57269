package s3

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector/s3/store"
)

// largeFiles is how many large files travel at once.
const largeFiles = 4

// flush makes everything that was committed durable, in one step: files are staged, one object that names them and the position
// is written, and they are published.
func (s *session) flush(ctx context.Context) error {
	err := s.shared.alone(ctx, func() error {
		base, err := s.target.learn(ctx, s.shared)
		if err != nil {
			return err
		}
		s.shared.known.Store(nil) // until it is certain what the store has
		k, err := s.flushAll(ctx, base)
		s.shared.known.Store(k)
		return err
	})
	if err != nil {
		s.broken = fmt.Errorf("write changes: %w", err)
		return s.broken
	}
	return nil
}

func (s *session) flushAll(ctx context.Context, base *snapshot) (*snapshot, error) {
	now := time.Now().UTC().Truncate(time.Millisecond)
	if !now.After(base.Last) {
		now = base.Last.Add(time.Millisecond)
	}
	next := &snapshot{&state{Run: base.Run, Server: base.Server, Position: base.Position, At: base.At, Notes: base.Notes, Last: now, Layout: s.target.settings.changesLayout()}, base.notes}
	if s.moved {
		next.Server, next.Position, next.At = s.checkpoint.Server, s.checkpoint.Position, s.checkpoint.At
	}
	if base.Position != "" {
		next.Before = &before{base.Position, base.Notes}
	}
	if err := s.stage(ctx, base, next.state, now); err != nil {
		return nil, err
	}
	if err := s.structure(ctx, &next.Work); err != nil {
		return nil, err
	}
	if err := s.note(ctx, next); err != nil {
		return nil, err
	}
	if err := s.target.fenced(ctx, func(ctx context.Context) error {
		return putJSON(ctx, s.target.store, stateKey(base.Run), next.state)
	}); err != nil {
		return nil, err
	}
	if err := s.target.carryOut(ctx, next.Work); err != nil {
		return nil, err
	}
	return next, s.settle(ctx, base, next)
}

// note writes the notes, when the session has changed any.
func (s *session) note(ctx context.Context, next *snapshot) error {
	if len(s.notes) == 0 {
		return nil
	}
	next.notes = maps.Clone(next.notes)
	for key, text := range s.notes {
		if next.notes[key] = text; text == "" {
			delete(next.notes, key)
		}
	}
	next.Notes = notesKey(next.Run, time.Now())
	return putJSON(ctx, s.target.store, next.Notes, next.notes)
}

// settle forgets what is written.
func (s *session) settle(ctx context.Context, base, written *snapshot) error {
	var old []string
	if b := base.Before; b != nil && b.Notes != "" && b.Notes != written.Notes && (written.Before == nil || written.Before.Notes != b.Notes) {
		old = append(old, b.Notes)
	}
	s.pending, s.moved, s.urgent, s.since, s.buffered = false, false, false, time.Time{}, 0
	s.notes = map[string]string{}
	s.truncated, s.dropped, s.renamed, s.parked = nil, nil, nil, nil
	s.defined = map[catalog.Name]*catalog.Table{}
	for _, p := range s.panes {
		s.letGo(p)
	}
	s.panes, s.grown, s.filled = nil, nil, nil
	s.byKey, s.last = map[string]*pane{}, map[catalog.Name]*pane{}
	return s.target.store.Delete(ctx, old)
}

// stage ends the files and has them travel.
func (s *session) stage(ctx context.Context, base *snapshot, next *state, now time.Time) error {
	ofTable := map[catalog.Name]int{} // in whichever folders its files are: by their names they are in the order of the commits
	tickets := make([]store.Ticket, len(s.panes), len(s.panes)+1)
	keys := make([]string, len(s.panes))
	for i, p := range s.panes {
		at := now.Add(time.Duration(ofTable[p.table]) * time.Millisecond)
		ofTable[p.table]++
		if at.After(next.Last) {
			next.Last = at
		}
		keys[i] = s.nameOf(p, at)
		if err := s.end(p); err != nil {
			return err
		}
	}
	if err := s.sweep(ctx, base); err != nil {
		return err
	}
	large := semaphore.NewWeighted(largeFiles)
	err := each(ctx, s.panes, func(ctx context.Context, i int, p *pane) error {
		if p.spool.size > 1<<20 {
			if err := large.Acquire(ctx, 1); err != nil {
				return context.Cause(ctx)
			}
			defer large.Release(1)
		}
		var err error
		tickets[i], err = s.target.send(ctx, keys[i], p.spool)
		return err
	})
	if err != nil {
		return err
	}
	if len(s.parked) > 0 {
		ticket, err := s.stageParked(ctx, now)
		if err != nil {
			return err
		}
		tickets = append(tickets, ticket)
	}
	next.Work.Publish = tickets
	return nil
}

// nameOf is a file's name.
func (s *session) nameOf(p *pane, at time.Time) string {
	set := s.target.settings
	if set.transactions {
		return p.folder + "CDC_TXN-" + strings.ReplaceAll(stamp(at), "-", "") + s.target.extension()
	}
	return p.folder + stamp(at) + s.target.extension()
}

// sweep forgets, once for each folder, what an earlier session has staged there and not committed.
func (s *session) sweep(ctx context.Context, base *snapshot) error {
	var folders []string
	for _, p := range s.panes {
		if !s.swept[p.folder] {
			s.swept[p.folder] = true
			folders = append(folders, p.folder)
		}
	}
	keep := map[string]bool{}
	for _, t := range base.Work.Publish {
		keep[t.ID] = true
	}
	return each(ctx, folders, func(ctx context.Context, _ int, folder string) error {
		return s.target.store.Sweep(ctx, folder, keep, func(key string) bool {
			name := strings.TrimPrefix(key, folder)
			return strings.Contains(name, "/") || !changeFile.MatchString(name) && !strings.HasPrefix(name, "CDC_TXN-")
		})
	})
}

// send stages what a spool holds.
func (t *target) send(ctx context.Context, key string, from *spool) (store.Ticket, error) {
	out := t.stage(ctx, key)
	defer out.abandon()
	if err := from.copyTo(out); err != nil {
		return store.Ticket{}, err
	}
	return out.seal(ctx)
}

func (s *session) stageParked(ctx context.Context, now time.Time) (store.Ticket, error) {
	text, err := parkedText(s.parked)
	if err != nil {
		return store.Ticket{}, err
	}
	staged := s.target.store.Stage(ctx, exceptionsKey(now), store.Options{ContentType: "text/csv"})
	defer staged.Abandon()
	if _, err := staged.Write(text); err != nil {
		return store.Ticket{}, err
	}
	return staged.Seal(ctx)
}

// structure says which files go and how tables look from now on.
func (s *session) structure(ctx context.Context, w *work) error {
	for _, n := range slices.Concat(s.truncated, s.dropped) {
		keys, err := s.target.files(ctx, n)
		if err != nil {
			return err
		}
		w.Delete = append(w.Delete, keys...)
	}
	for _, n := range slices.Concat(s.dropped, s.renamed) {
		w.Delete = append(w.Delete, definitionKey(n), glueKey(n))
	}
	for _, table := range s.defined {
		w.Define = append(w.Define, Dialect{}.Script(table, false).Create[0].SQL)
	}
	return nil
}
