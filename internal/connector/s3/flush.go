package s3

import (
	"context"
	"fmt"
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
	if err := s.flushAll(ctx); err != nil {
		s.broken = fmt.Errorf("write changes: %w", err)
		return s.broken
	}
	return nil
}

func (s *session) flushAll(ctx context.Context) error {
	now := time.Now().UTC().Truncate(time.Millisecond)
	if !now.After(s.state.Last) {
		now = s.state.Last.Add(time.Millisecond)
	}
	next := &state{Run: s.run, Server: s.checkpoint.Server, Position: s.checkpoint.Position, At: s.checkpoint.At, Notes: s.state.Notes, Last: now}
	if s.state.Position != "" {
		next.Before = &before{s.state.Position, s.state.Notes}
	}
	if err := s.stage(ctx, next, now); err != nil {
		return err
	}
	if err := s.structure(ctx, &next.Work); err != nil {
		return err
	}
	if s.noted {
		next.Notes = notesKey(s.run, time.Now())
		if err := putJSON(ctx, s.target.store, next.Notes, s.notes); err != nil {
			return err
		}
	}
	if err := putJSON(ctx, s.target.store, stateKey(s.run), next); err != nil {
		return err
	}
	if err := s.target.carryOut(ctx, next.Work); err != nil {
		return err
	}
	return s.settle(ctx, next)
}

// settle forgets what is written.
func (s *session) settle(ctx context.Context, written *state) error {
	var old []string
	if b := s.state.Before; b != nil && b.Notes != "" && b.Notes != written.Notes && (written.Before == nil || written.Before.Notes != b.Notes) {
		old = append(old, b.Notes)
	}
	s.state = written
	s.pending, s.noted, s.urgent, s.since, s.buffered = false, false, false, time.Time{}, 0
	s.truncated, s.dropped, s.renamed, s.parked = nil, nil, nil, nil
	s.defined = map[catalog.Name]*catalog.Table{}
	for _, p := range s.panes {
		p.spool.close()
	}
	s.panes = nil
	clear(s.byKey)
	return s.target.store.Delete(ctx, old)
}

// stage ends the files and has them travel.
func (s *session) stage(ctx context.Context, next *state, now time.Time) error {
	inFolder := map[string]int{}
	tickets := make([]store.Ticket, len(s.panes), len(s.panes)+1)
	keys := make([]string, len(s.panes))
	for i, p := range s.panes {
		at := now.Add(time.Duration(inFolder[p.folder]) * time.Millisecond)
		inFolder[p.folder]++
		if at.After(next.Last) {
			next.Last = at
		}
		keys[i] = s.nameOf(p, at)
		if err := p.writer.Close(); err != nil {
			return err
		}
	}
	if err := s.sweep(ctx); err != nil {
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
func (s *session) sweep(ctx context.Context) error {
	var folders []string
	for _, p := range s.panes {
		if !s.swept[p.folder] {
			s.swept[p.folder] = true
			folders = append(folders, p.folder)
		}
	}
	keep := map[string]bool{}
	for _, t := range s.state.Work.Publish {
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
		w.Delete = append(w.Delete, definitionKey(n))
	}
	for _, table := range s.defined {
		w.Define = append(w.Define, Dialect{}.Script(table, false).Create[0].SQL)
	}
	return nil
}
