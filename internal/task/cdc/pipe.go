package cdc

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/rescue"
	"github.com/whimbreldb/whimbrel/internal/task/apply"
)

// stopGrace is how long what is under way may take to end once the context has ended.
const stopGrace = 1500 * time.Millisecond

// syncEvery is how often commits are made durable while changes keep coming, idleSync how soon once none come: each time
// the changes wait for the disk, where the target does not tell by itself what has reached it. checkpointEvery is how often the position is written while none of them concern the tables
// followed.
const (
	syncEvery       = time.Second
	idleSync        = 50 * time.Millisecond
	checkpointEvery = 10 * time.Second
)

// pipe is one stream and one session.
type pipe struct {
	*follower
	// tables are as they are here and now; the follower's are those of the last commit.
	tables   map[int]*Table
	next     int // number of the next table that joins
	reshaped bool
	outside  map[catalog.Name]bool // new tables that the target has refused
	stream   connector.Stream
	session  connector.ApplySession
	pool     *change.GroupPool
	works    chan *apply.Work // free ones
	handed   *handed
	applier  *apply.Applier
	// asTheyCame says that the target keeps the changes themselves, with all that is known of rows.
	asTheyCame bool

	end string // of StopPoint.CaughtUp

	// busy is since when something is being carried out on the target, Unix nanoseconds; 0: nothing is.
	busy atomic.Int64

	// rejected are changes that the stream could not read, until they go along with a work.
	rejected []apply.Rejected
	last     numbered // of the changes read

	// of the goroutine that applies
	reached   string // up to where everything is committed or waits in the open transaction
	committed string // up to where everything is committed
	synced    time.Time
	unsynced  bool
	mark      mark
	torn      bool      // a transaction of the source is in part in the open transaction
	split     torn      // a transaction of the source was committed in part
	begun     []*begun  // changes of structure since the checkpoint, see ddlNote
	finishing *begun    // one that was interrupted
	standing  *errand   // whose work is being committed
	paused    time.Time // of the last commit
	noted     time.Time // of the last checkpoint
	written   numbered  // of the changes in the open transaction
	numbered  numbered  // as it is noted
	told      time.Time // of the last row of awsdms_status
	slot      slot      // of awsdms_history
}

// parcel is what the reader hands to the applier.
type parcel struct {
	event connector.Event
	work  *apply.Work // nil without changes
	// delivered counts the changes that came, before any were left out.
	delivered []counted
	// numbered is how far the changes are numbered; nil when nobody asks.
	numbered *numbered
	// errand is to be done while the reader waits; the event is then none.
	errand *errand
	// answered is closed when the change of structure, or the errand, has been carried out and the reader may go on.
	answered chan struct{}
}

var errEnded = errors.New("a stop point was reached")

// run moves changes until the context ends, an end is lost or a stop point is reached.
func (p *pipe) run(ctx context.Context) (Reason, error) {
	reading, stop := context.WithCancel(ctx)
	defer stop()
	// What has been read whole is still applied when the context ends, within reason.
	applying, release := context.WithCancelCause(context.WithoutCancel(ctx))
	defer release(nil)
	defer context.AfterFunc(ctx, func() {
		time.AfterFunc(stopGrace, func() { release(context.Cause(ctx)) })
	})()

	defer p.watch(applying, release)()
	parcels := make(chan parcel, 1)
	var readErr error
	go func() {
		defer close(parcels)
		readErr = rescue.Run(func() error { return p.read(reading, parcels) })
	}()
	var reason Reason
	err := rescue.Run(func() (err error) {
		reason, err = p.applyAll(applying, parcels)
		return err
	})
	stop()
	for left := range parcels { // the reader ends when it can hand nothing over
		if left.errand != nil {
			left.errand.done <- errNotNow
		}
	}
	if lost := context.Cause(applying); err != nil && (errors.Is(lost, errSilent) || rescue.In(lost) != nil) {
		return "", lost
	}
	switch {
	case errors.Is(err, errEnded):
		return reason, nil
	case err != nil:
		return "", err
	case ctx.Err() != nil:
		return Asked, nil
	case readErr != nil:
		return "", fmt.Errorf("read changes: %w", readErr)
	default:
		return reason, nil
	}
}

func (p *pipe) close() {
	_ = p.stream.Close()
	_ = p.session.Close()
}

// read prepares what the stream delivers.
func (p *pipe) read(ctx context.Context, parcels chan<- parcel) error {
	for whole := true; ; {
		if e := p.errand(whole); e != nil {
			if err := p.hand(ctx, parcels, parcel{errand: e, answered: make(chan struct{})}); err != nil {
				return err
			}
		}
		if err := p.handed.await(ctx); err != nil {
			return err
		}
		event, err := p.stream.Next(ctx)
		if err != nil {
			return err
		}
		whole = event.Position != ""
		next := parcel{event: event}
		if event.Changes == nil && len(p.rejected) > 0 {
			if event.Changes, err = p.pool.Get(ctx); err != nil {
				return err
			}
		}
		if event.Changes != nil {
			next.delivered = p.count(event.Changes, nil)
			number := p.number(event.Changes)
			if next.work, err = p.prepare(ctx, event.Changes, number); err != nil {
				return err
			}
			if number != nil {
				next.numbered = &number.after
			}
			p.handed.add(event.Changes.Bytes())
		}
		if event.Structure != nil {
			next.answered = make(chan struct{})
		}
		if err := p.hand(ctx, parcels, next); err != nil {
			return err
		}
		if event.Ended {
			return nil
		}
	}
}

// hand gives a parcel to the applier, and waits for its answer where one is due.
func (p *pipe) hand(ctx context.Context, parcels chan<- parcel, next parcel) error {
	select {
	case parcels <- next:
	case <-ctx.Done():
		if next.errand != nil {
			next.errand.done <- errNotNow
		}
		return context.Cause(ctx)
	}
	if next.answered == nil {
		return nil
	}
	select {
	case <-next.answered:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// errand returns what is to be done now, if anything: only between two transactions.
func (p *pipe) errand(whole bool) *errand {
	if !whole {
		return nil
	}
	return p.Errands.next()
}
