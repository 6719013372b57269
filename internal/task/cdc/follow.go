package cdc

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/rescue"
	"github.com/whimbreldb/whimbrel/internal/span"
	"github.com/whimbreldb/whimbrel/internal/task/apply"
)

// Reason is why the following has ended without an error.
type Reason string

// The reasons, with DMS's words for them where it has some.
const (
	Asked        Reason = "NORMAL"
	AtServerTime Reason = "STOPPED_AT_SERVER_TIME"
	AtCommitTime Reason = "STOPPED_AT_COMMIT_TIME"
	AfterLoad    Reason = "STOPPED_AFTER_FULL_LOAD"
	CaughtUp     Reason = "STOPPED_AFTER_CACHED_EVENTS"
)

// Follow applies changes until a stop point is reached, a policy stops it, or the context ends, which is no error: what
// has been read in whole transactions is applied, and the checkpoint says where to go on.
func Follow(ctx context.Context, c Config) (Reason, error) {
	reason, _, err := FollowKeeping(ctx, c)
	return reason, err
}

// FollowKeeping is Follow that returns the tables as they are at the last checkpoint.
func FollowKeeping(ctx context.Context, c Config) (Reason, []*Table, error) {
	f := &follower{Config: c, tables: map[int]*Table{}, tally: apply.NewTally(&c.Stats.flow)}
	f.asks = cmp.Or(f.asks, syncEvery)
	for _, t := range c.Tables {
		f.tables[t.Number] = t
		f.next = max(f.next, t.Number+1)
	}
	c.Stats.away()
	defer c.Stats.enter(Stopped)
	defer c.Stats.trouble("")
	_, f.cached = span.Start(ctx, "cached changes")
	defer func() { f.cached.End() }() // of the stage, should it not have come to its end
	reason, err := f.persist(ctx)
	f.unanswered()
	return reason, slices.SortedFunc(maps.Values(f.tables), func(a, b *Table) int { return a.Number - b.Number }), err
}

// persist lives again and again until there is a reason to end.
func (f *follower) persist(ctx context.Context) (Reason, error) {
	lost := time.Time{}
	for tries := 0; ; tries++ {
		reason, err := f.live(ctx)
		switch {
		case err == nil:
			return reason, nil
		case rescue.In(err) != nil:
			return "", err
		case ctx.Err() != nil && isOver(ctx, err):
			return Asked, nil
		}
		if f.progressed {
			tries, lost, f.progressed = 0, time.Time{}, false
		}
		if lost.IsZero() {
			lost = time.Now()
		}
		wait, again := f.Retry.Next(err, tries+1)
		if limit := f.Tuning.RecoveryTimeout; limit > 0 && time.Since(lost) > limit {
			return "", fmt.Errorf("not found the way back within RecoveryTimeout, %s: %w", limit, err)
		}
		if !again {
			return "", err
		}
		f.Stats.away()
		f.Stats.enter(Waiting)
		f.Stats.trouble("waiting for the databases: " + err.Error())
		f.Log.Warn("changes cannot be followed for now, trying again", "try", tries+1, "after", wait, "error", err)
		select {
		case <-ctx.Done():
			return Asked, nil
		case <-time.After(wait):
		}
	}
}

// isOver reports whether an error only says that the context has ended.
func isOver(ctx context.Context, err error) bool {
	return errors.Is(err, context.Cause(ctx)) || errors.Is(err, ctx.Err()) || connector.ClassOf(err) == connector.Lost
}

// follower is what outlives a pair of connections.
type follower struct {
	Config
	// tables are as they were at the last commit, and next is the number of the next one that joins.
	tables map[int]*Table
	next   int
	// trials are the commits that have made tables others, from the last one on that is durable.
	trials []*trial
	// progressed says that something was committed since the ends were opened.
	progressed bool
	// tally is what is not known to be durable on the target.
	tally *apply.Tally
	// cached is the span of the changes that had committed when the following began.
	cached trace.Span
}

// live follows with one stream and one session until either is lost.
func (f *follower) live(ctx context.Context) (Reason, error) {
	f.Stats.enter(Connecting)
	p, err := f.begin(ctx)
	if err != nil {
		return "", err
	}
	defer p.close()
	f.Stats.trouble("")
	f.Stats.enter(Following)
	return p.run(ctx)
}

// begin opens both ends at the checkpoint.
func (f *follower) begin(ctx context.Context) (*pipe, error) {
	if _, _, err := f.checkpoint(ctx); err != nil { // a small question, so that a target that is silent is noticed soon
		return nil, err
	}
	p := &pipe{follower: f, pool: f.pool(), works: make(chan *apply.Work, groups), handed: newHanded(4 * f.groupBytes())}
	var err error
	if p.session, err = f.Target.Apply(ctx, connector.ApplyOptions{Run: f.Run, Statements: f.Tuning.Statements, Alone: true, Marked: f.MarkTable != nil}); err != nil {
		return nil, fmt.Errorf("open a session that applies changes: %w", err)
	}
	if err := f.resume(ctx, p); err != nil {
		_ = p.session.Close()
		return nil, err
	}
	_, p.asTheyCame = p.session.(connector.Recorder)
	for range groups {
		w := apply.NewWork()
		w.AsTheyCame = p.asTheyCame
		p.works <- w
	}
	p.applier = apply.New(apply.Config{
		Session: p.session, Run: f.Run, Task: f.Task, Server: f.Server, Policy: f.Policy, InOrder: f.InOrder,
		Mark: p.marker(), Tally: f.tally, Log: f.ApplyLog,
		Suspended: func(ctx context.Context, t *apply.Table, why string) error {
			return p.suspended(ctx, t.Source.Name, why)
		},
		Refused: p.refused,
	})
	if err := p.complete(ctx); err != nil {
		_ = p.session.Close()
		return nil, err
	}
	position := p.committed
	if p.stream, err = f.Source.Stream(ctx, f.request(p), position); err != nil {
		_ = p.session.Close()
		return nil, fmt.Errorf("follow the source: %w", err)
	}
	if f.Stop.CaughtUp || f.cached.IsRecording() { // asked once the stream is open: opening it may note what has changed meanwhile (SQLite)
		if p.end, err = f.Source.End(ctx); err != nil {
			p.close()
			return nil, fmt.Errorf("ask where the source's changes end: %w", err)
		}
	}
	f.Stats.checkpoint(position)
	f.Log.Info("following the source", "position", position, "tables", len(f.tables))
	return p, nil
}

// checkpoint asks the target where the run stands.
func (f *follower) checkpoint(ctx context.Context) (c connector.Checkpoint, ok bool, err error) {
	err = f.soon(ctx, func(ctx context.Context) (err error) {
		c, ok, err = f.Target.Checkpoint(ctx, f.Run)
		return err
	})
	if err != nil {
		return c, ok, fmt.Errorf("ask the target where the run stands: %w", err)
	}
	return c, ok, nil
}

// resume has the pipe go on where the target stands, now that no other session of the run commits any more. What a session that was
// lost has committed need not be on disk yet, and the source must forget nothing before.
func (f *follower) resume(ctx context.Context, p *pipe) error {
	if err := p.session.Sync(ctx); err != nil {
		return fmt.Errorf("make what was committed before durable: %w", err)
	}
	checkpoint, ok, err := f.checkpoint(ctx)
	if err != nil {
		return err
	}
	p.reached = f.Position
	if ok && checkpoint.Position != "" {
		p.reached = checkpoint.Position
	}
	p.committed = p.reached
	f.tally.Durable(checkpoint.Position)
	f.Stats.lost(f.tally)
	return p.recall(ctx)
}

// recall takes up what the run has noted: tables that are suspended, a transaction that was cut in two, a change of structure
// that was interrupted.
func (p *pipe) recall(ctx context.Context) error {
	var notes map[string]string
	err := p.soon(ctx, func(ctx context.Context) (err error) {
		notes, err = p.Target.Notes(ctx, p.Run)
		return err
	})
	if err != nil {
		return fmt.Errorf("ask the target for the notes of the run: %w", err)
	}
	p.attempted(notes)
	p.tables, p.next = maps.Clone(p.follower.tables), p.follower.next
	for _, t := range p.tables {
		switch why := notes[SuspendedNote(t.Source.Name)]; {
		case why != "":
			t.Suspend(why)
		case t.Suspended() != "": // in a transaction that was lost: what came of it comes again
			t.Resume()
		}
	}
	if err := p.readOutside(notes); err != nil {
		return err
	}
	if err := p.readNumber(notes); err != nil {
		return err
	}
	if err := p.readTorn(notes); err != nil {
		return err
	}
	p.begun, err = readBegun(notes)
	return err
}

// readOutside takes up the new tables that the target has refused.
func (p *pipe) readOutside(notes map[string]string) error {
	noted, err := ReadNotes(notes)
	if err != nil {
		return err
	}
	p.outside = map[catalog.Name]bool{}
	for name, n := range noted {
		if n.Outside {
			p.outside[name] = true
			p.Stats.table(name, n.Target).Suspend(notes[SuspendedNote(name)])
		}
	}
	return nil
}

// groups is how many groups go round: one is filled, one is handed over, one is applied.
const groups = 3

func (f *follower) pool() *change.GroupPool {
	changes := change.MaxGroupChanges
	// In the midst of a transaction a group grows to the double, so that only one that is large by itself is cut.
	if f.Tuning.MaxChanges > 0 {
		changes = min(changes, max(1, f.Tuning.MaxChanges/2))
	}
	return change.NewBoundedGroupPool(groups, changes, f.groupBytes())
}

// groupBytes is the bound of a group; in the midst of a transaction it is the double.
func (f *follower) groupBytes() int {
	if f.Tuning.MaxBytes > 0 {
		return min(change.MaxGroupBytes, f.Tuning.MaxBytes/2)
	}
	return change.MaxGroupBytes
}

// followed is a table as the stream is to deliver it.
func (p *pipe) followed(t *Table) connector.Followed {
	f := t.Followed()
	f.Whole = f.Whole || p.asTheyCame
	return f
}

func (f *follower) request(p *pipe) connector.StreamRequest {
	r := connector.StreamRequest{Run: f.Run, Wanted: f.Wanted, Selected: f.Selected, Pool: p.pool, Until: f.Stop.CommitTime, Reject: p.unreadable, Aside: f.Aside, Loopback: f.Loopback, Silence: f.Silence, Places: f.Places}
	for number := range f.next {
		if t := f.tables[number]; t != nil {
			r.Tables = append(r.Tables, p.followed(t))
		}
	}
	return r
}
