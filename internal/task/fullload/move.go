package fullload

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/rescue"
	"github.com/whimbreldb/whimbrel/internal/tasklog"
)

// batchesPerWorker lets one batch be read while another is written and a third changes hands.
const batchesPerWorker = 3

// move takes the rows of the segment from the snapshot to the loader.
func (a *attempt) move(ctx context.Context, loader connector.Loader) error {
	if a.raw == nil {
		return a.moveBatches(ctx, loader)
	}
	into, ok := loader.(connector.RawLoader)
	if !ok {
		return fmt.Errorf("the target cannot take a raw stream: %T", loader)
	}
	return a.moveRaw(ctx, into)
}

func (a *attempt) moveRaw(ctx context.Context, loader connector.RawLoader) error {
	var writing error
	err := a.raw.ReadRaw(ctx, a.read, func(piece []byte, rows int) error {
		if err := a.load.pace.wait(ctx, rows, len(piece)); err != nil {
			return err
		}
		if writing = loader.WriteRaw(ctx, piece); writing != nil {
			return writing
		}
		a.count(rows, len(piece))
		return nil
	})
	switch {
	case writing != nil:
		return fmt.Errorf("write: %w", writing)
	case err != nil:
		return &SourceError{err}
	}
	return nil
}

// bigBatch is the size from which a batch, holding huge values, travels alone: its reader waits until it is written, and
// no other worker hands one over meanwhile. Else every worker could hold several of them.
const bigBatch = 8 << 20

// handover is a batch on its way from the reader to the writer. written is nil unless the reader waits. Without a batch the
// reader waits for the loader's turn.
type handover struct {
	batch   *change.Batch
	written chan struct{}
}

// moveBatches reads and writes at the same time, the reader held back by the pool.
func (a *attempt) moveBatches(ctx context.Context, loader connector.Loader) error {
	pool := change.NewPool(batchesPerWorker, a.load.BatchRows)
	batches := make(chan handover, batchesPerWorker)
	g, ctx := errgroup.WithContext(ctx)
	a.read.Pool = pool
	a.read.Emit = func(b *change.Batch) error { return a.emit(ctx, pool, batches, b) }
	// Reader and writer reject on goroutines of their own.
	readRejects := &rejects{ctx: ctx, load: a.load, table: a.table, parked: a.rejects.parked}
	a.read.Reject = readRejects.take
	g.Go(rescue.Func(func() error {
		defer close(batches)
		if err := a.load.Snapshot.Read(ctx, a.read); err != nil {
			if errors.Is(err, ErrSuspended) || errors.Is(err, ErrStopped) {
				return err
			}
			return &SourceError{err}
		}
		return nil
	}))
	g.Go(rescue.Func(func() error {
		for h := range batches {
			var err error
			if h.batch == nil {
				err = begin(ctx, loader)
			} else {
				err = a.write(ctx, loader, h.batch)
				pool.Put(h.batch)
			}
			if h.written != nil {
				close(h.written)
			}
			if err != nil {
				return err
			}
		}
		return nil
	}))
	err := g.Wait()
	a.rejects.join(readRejects)
	return err
}

func (a *attempt) emit(ctx context.Context, pool *change.Pool, batches chan<- handover, b *change.Batch) error {
	err := a.load.Largest.Check(a.table.Source.Name, b, func(i int) string { return a.table.Columns[i].Name })
	if err == nil {
		err = a.load.pace.wait(ctx, b.Rows(), b.Payload())
	}
	if err != nil {
		pool.Put(b)
		return err
	}
	if b.Size() < bigBatch {
		batches <- handover{batch: b} // never blocks: there are no more batches than places
		return nil
	}
	// First the target's turn: who has it may wait for the others' big batches, and these must not wait for the turn then.
	err = await(ctx, batches, handover{written: make(chan struct{})})
	if err == nil && a.load.big.Acquire(ctx, 1) != nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		pool.Put(b)
		return err
	}
	defer a.load.big.Release(1)
	return await(ctx, batches, handover{batch: b, written: make(chan struct{})})
}

// await hands something over and waits until it is done.
func await(ctx context.Context, batches chan<- handover, h handover) error {
	batches <- h // never blocks: see emit
	select {
	case <-h.written:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// begin waits for the loader's turn, where it has one.
func begin(ctx context.Context, loader connector.Loader) error {
	l, ok := loader.(connector.TurnLoader)
	if !ok {
		return nil
	}
	if err := l.Begin(ctx); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}

func (a *attempt) write(ctx context.Context, loader connector.Loader, b *change.Batch) error {
	if a.transform != nil {
		if err := a.transform.Apply(b, a.rejects.take); err != nil {
			return fmt.Errorf("transform: %w", err)
		}
	}
	if b.Rows() == 0 {
		return nil
	}
	if err := loader.Write(ctx, b); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	if log := a.load.log(tasklog.TargetLoad); log.Enabled(ctx, tasklog.DetailedDebug) {
		log.Log(ctx, tasklog.DetailedDebug, "batch written", "table", a.table.Target.Name.String(), "rows", b.Rows(), "bytes", b.Payload())
	}
	a.count(b.Rows(), b.Payload())
	return nil
}

func (a *attempt) count(rows, bytes int) {
	a.counts.Rows += int64(rows)
	a.counts.Bytes += int64(bytes)
	a.table.stats.rows.Add(int64(rows))
	a.table.stats.bytes.Add(int64(bytes))
}

// settle takes the rows that the loader rejected out of what was counted as written: a batch is counted whole.
func (a *attempt) settle() {
	a.counts.Rows -= a.rejects.late
	a.table.stats.rows.Add(-a.rejects.late)
}
