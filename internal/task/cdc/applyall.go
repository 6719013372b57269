package cdc

import (
	"context"
	"time"

	"github.com/whimbreldb/whimbrel/internal/connector"
)

// applyAll carries out what the reader hands over. It ends when the reader has ended, or with errEnded at a stop point.
func (p *pipe) applyAll(ctx context.Context, parcels <-chan parcel) (Reason, error) {
	now := time.Now()
	p.synced, p.noted = now, now
	p.slot = slot{now, p.Stats.Counts().Applied}
	idle := time.NewTimer(idleSync)
	defer idle.Stop()
	for {
		select {
		case next, more := <-parcels:
			if !more {
				return "", p.finish(ctx)
			}
			if err := p.carryOut(ctx, next); err != nil {
				return "", err
			}
			if reason, ended := p.ended(next); ended {
				if err := p.finish(ctx); err != nil {
					return "", err
				}
				return reason, errEnded
			}
			idle.Reset(p.idleFor())
		case <-idle.C:
			if err := p.idle(ctx); err != nil {
				return "", err
			}
			if open, _, _ := p.applier.Open(); !p.torn && (open || p.unsynced) {
				idle.Reset(p.idleFor())
			}
		}
	}
}

// idleFor is how long to wait for more before something is to be done without it: until the open transaction is due, or what is
// committed is to be made durable.
func (p *pipe) idleFor() time.Duration {
	open, _, since := p.applier.Open()
	if !open || p.torn {
		return idleSync
	}
	wait := p.Tuning.Pause - time.Since(p.paused)
	if p.Tuning.MinChanges > 0 {
		wait = max(wait, p.Tuning.Wait-time.Since(since))
	}
	return max(wait, time.Millisecond)
}

// idle does what is due while nothing comes.
func (p *pipe) idle(ctx context.Context) error {
	open, _, _ := p.applier.Open()
	switch {
	case p.torn:
		return nil
	case open:
		p.busy.Store(time.Now().UnixNano())
		defer p.busy.Store(0)
		return p.settle(ctx, false)
	case p.unsynced:
		return p.release(ctx)
	}
	return nil
}

// carryOut does one parcel.
func (p *pipe) carryOut(ctx context.Context, next parcel) error {
	if next.errand != nil {
		err := p.halt(ctx, next.errand)
		close(next.answered)
		return err
	}
	p.busy.Store(time.Now().UnixNano())
	defer p.busy.Store(0)
	if next.work != nil {
		g := next.work.Group
		p.torn = g.Open
		for _, c := range next.delivered {
			p.split.counted[c.number] += c.changes
		}
		if err := p.applier.Write(ctx, next.work); err != nil {
			return err
		}
		open, _, _ := p.applier.Open()
		p.Stats.backlog.wrote(open)
		if g.Position != "" && !p.torn {
			p.reached = g.Position
		}
		if next.numbered != nil {
			p.written = *next.numbered
		}
		p.Stats.flow.Applied.Add(int64(g.Len()))
		p.Stats.flow.Bytes.Add(int64(g.Bytes()))
		p.Stats.flow.Transactions.Add(int64(len(g.Ends)))
		p.Stats.lastApply.Store(max(nanos(g.Last), p.Stats.lastApply.Load()))
		p.done(next.work)
	}
	if s := next.event.Structure; s != nil {
		err := p.restructure(ctx, s, next.event.Position) // torn says whether changes of the open transaction stand before it
		p.torn = p.torn || next.event.Position == ""
		close(next.answered)
		if err != nil {
			return err
		}
	}
	if next.event.Position != "" {
		p.reached, p.torn = next.event.Position, false
	}
	if p.torn {
		return nil
	}
	return p.settle(ctx, next.event.Quiet)
}

// settle commits and acknowledges what is due between two transactions of the source.
func (p *pipe) settle(ctx context.Context, quiet bool) error {
	now := time.Now()
	told, err := p.tell(ctx, "CHANGE PROCESSING", false)
	if err != nil {
		return err
	}
	if told || p.due(now) {
		if err := p.commit(ctx); err != nil {
			return err
		}
	}
	if open, _, _ := p.applier.Open(); open {
		return nil
	}
	p.Stats.reach(p.there())
	far := p.reached != p.committed && now.Sub(p.noted) >= checkpointEvery
	if far {
		if err := p.commit(ctx); err != nil {
			return err
		}
	}
	if quiet || far {
		p.Stats.backlog.settle()
	}
	if quiet && !p.unsynced || now.Sub(p.synced) >= p.asks {
		return p.release(ctx)
	}
	return nil
}

// there is up to where all changes are in the target: short of what it keeps back.
func (p *pipe) there() string {
	if h, holds := p.session.(connector.Holder); holds && p.unsynced {
		return h.Durable()
	}
	return p.reached
}

// due reports whether the open transaction is to be committed now.
func (p *pipe) due(now time.Time) bool {
	open, changes, since := p.applier.Open()
	switch {
	case !open:
		return false
	case p.Tuning.Pause > 0 && now.Sub(p.paused) < p.Tuning.Pause:
		return false
	case p.Tuning.MinChanges > 0:
		return changes >= p.Tuning.MinChanges || now.Sub(since) >= p.Tuning.Wait
	default:
		return true
	}
}

// commit ends the open transaction, or makes one for the position alone.
func (p *pipe) commit(ctx context.Context) error {
	if err := p.pass(ctx); err != nil {
		return err
	}
	if n := len(p.begun); n > 0 && p.begun[n-1].Done { // behind them from here on
		p.begun = nil
		if err := p.noteBegun(ctx); err != nil {
			return err
		}
	}
	if err := p.try(ctx); err != nil {
		return err
	}
	if err := p.applier.Commit(ctx, p.reached); err != nil {
		return err
	}
	p.kept()
	p.committed, p.unsynced, p.progressed = p.reached, true, true
	p.paused, p.noted = time.Now(), time.Now()
	durable := p.committed
	if h, holds := p.session.(connector.Holder); holds {
		durable = h.Durable()
	} else {
		p.Stats.checkpoint(p.committed)
	}
	p.tally.Durable(durable)
	p.Stats.backlog.commit(durable != p.committed)
	return nil
}

// release acknowledges what is durable by now: some targets keep commits back to write many together, others tell when the disk has
// them. With the rest it waits for the disk.
func (p *pipe) release(ctx context.Context) error {
	if !p.unsynced {
		return p.acknowledge(ctx)
	}
	var durable string
	var err error
	switch s := p.session.(type) {
	case connector.Holder:
		durable, err = s.Release(ctx)
	case connector.Settler:
		durable, err = p.settled(ctx, s)
	default:
		return p.acknowledge(ctx)
	}
	if err != nil {
		return err
	}
	p.tally.Durable(durable)
	if durable == p.committed {
		p.durable()
		return p.acknowledge(ctx)
	}
	p.synced = time.Now()
	if durable != "" {
		p.stream.Acknowledge(durable)
	}
	p.Stats.status(p.stream.Status())
	return nil
}

// acknowledge makes commits durable and lets the source forget what they hold.
func (p *pipe) acknowledge(ctx context.Context) error {
	if p.unsynced {
		if err := p.session.Sync(ctx); err != nil {
			return err
		}
		p.durable()
	}
	p.synced = time.Now()
	// What lies between the last commit and the place reached does not concern the tables followed.
	p.stream.Acknowledge(p.reached)
	p.Stats.status(p.stream.Status())
	return nil
}

// durable is told that every commit is.
func (p *pipe) durable() {
	p.unsynced, p.mark = false, mark{}
	p.lasting(len(p.trials))
	p.tally.Durable(p.committed)
	p.Stats.backlog.release()
	p.Stats.checkpoint(p.committed)
}

// mark is a commit that was on its way to the disk when the target was last asked, and how many trials lay before it.
type mark struct {
	position string
	trials   int
}

// settled asks what has reached the disk, and marks what is on its way there.
func (p *pipe) settled(ctx context.Context, s connector.Settler) (string, error) {
	durable, err := s.Settled(ctx)
	if err != nil {
		return "", err
	}
	if p.mark.position != "" && durable == p.mark.position {
		p.tally.Durable(durable)
		p.lasting(p.mark.trials)
		p.mark = mark{}
	}
	if p.mark.position == "" && durable != p.committed {
		p.mark = mark{p.committed, len(p.trials)}
		p.tally.Mark()
	}
	return durable, nil
}

// finish commits what is whole and makes it durable.
func (p *pipe) finish(ctx context.Context) error {
	if p.torn {
		return p.session.Rollback(ctx)
	}
	if _, err := p.tell(ctx, "NOT RUNNING", true); err != nil {
		return err
	}
	if open, _, _ := p.applier.Open(); open || p.committed != p.reached {
		if err := p.commit(ctx); err != nil {
			return err
		}
	}
	return p.acknowledge(ctx)
}

// ended reports whether a stop point is reached.
func (p *pipe) ended(next parcel) (Reason, bool) {
	if next.errand != nil {
		return "", false
	}
	if next.event.Ended {
		return AtCommitTime, true
	}
	if p.torn {
		return "", false
	}
	if p.cached.IsRecording() && p.caughtUp() {
		p.cached.End()
	}
	now := time.Now()
	switch s := p.Stop; {
	case !s.ServerTime.IsZero() && !now.Before(s.ServerTime):
		return AtServerTime, true
	case !s.CommitTime.IsZero() && next.event.Quiet && now.After(s.CommitTime.Add(stopSlack)):
		return AtCommitTime, true
	case s.CaughtUp && p.caughtUp() && (p.Busy == nil || !p.Busy()):
		return CaughtUp, true
	}
	return "", false
}

// stopSlack is how far behind this machine's clock a source's may be.
const stopSlack = 5 * time.Second

func (p *pipe) caughtUp() bool { return p.past(p.end) }

// past reports whether everything up to a position is applied, or waits in the open transaction; an empty one is.
func (p *pipe) past(position string) bool {
	if position == "" {
		return true
	}
	order, err := p.Source.Compare(p.reached, position)
	return err == nil && order >= 0
}
