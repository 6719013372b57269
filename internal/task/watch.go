package task

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/rescue"
)

// DefaultStallAfter is how long nothing may move before both ends are probed.
const DefaultStallAfter = time.Minute

// probeShare of StallAfter is what a probe may take.
const probeShare = 4

// watch ends the context when nothing moves any more and one of the ends does not answer a new connection either. TCP
// alone does not notice a peer, or a proxy before it, that takes bytes and is silent for ever; and silence alone proves
// nothing, as an index may take an hour to build.
func (t *Task) watch(ctx context.Context) (_ context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	var watching sync.WaitGroup
	watching.Go(func() {
		if err := rescue.Run(func() error { t.lookOut(ctx, cancel); return nil }); err != nil {
			cancel(err)
		}
	})
	return ctx, func() {
		cancel(nil)
		watching.Wait()
	}
}

func (t *Task) lookOut(ctx context.Context, cancel context.CancelCauseFunc) {
	patience := t.StallAfter
	if patience <= 0 {
		patience = DefaultStallAfter
	}
	tick := time.NewTicker(patience)
	defer tick.Stop()
	for before := int64(-1); ; {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now := t.moved()
		if now != before {
			before = now
			continue
		}
		if err := t.probe(ctx, patience); err != nil {
			cancel(err)
			return
		}
	}
}

// moved is a number that changes whenever rows move.
func (t *Task) moved() (n int64) {
	for _, c := range t.Stats.Tables() {
		n += c.Rows + c.Bytes + c.SegmentsDone + int64(c.State)
	}
	for _, c := range t.ValidationStats.Tables() {
		n += c.Compared + c.Failed + c.Updated.UnixNano()
	}
	return n
}

func (t *Task) probe(ctx context.Context, patience time.Duration) error {
	for _, end := range []struct {
		name, identity string
		of             any
	}{{"source", t.source.Identity(), t.source}, {"target", t.target.Identity(), t.target}} {
		p, ok := end.of.(connector.Prober)
		if !ok {
			continue
		}
		limited, cancel := context.WithTimeout(ctx, max(patience/probeShare, time.Second))
		err := p.Probe(limited)
		late := limited.Err() != nil && ctx.Err() == nil
		cancel()
		if late || err != nil && connector.ClassOf(err) == connector.Lost && ctx.Err() == nil {
			return &connector.Error{
				Class:  connector.Lost,
				Err:    fmt.Errorf("nothing has moved for %s and the %s %s does not answer: %w", patience, end.name, end.identity, err),
				Remedy: "see to the server and the network, then " + t.again() + ": it goes on where it stopped",
			}
		}
	}
	return nil
}
