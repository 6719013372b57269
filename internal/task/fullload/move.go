package fullload

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
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

// moveBatches reads and writes at the same time, the reader held back by the pool.
func (a *attempt) moveBatches(ctx context.Context, loader connector.Loader) error {
	pool := change.NewPool(batchesPerWorker, a.load.BatchRows)
	batches := make(chan *change.Batch, batchesPerWorker)
	g, ctx := errgroup.WithContext(ctx)
	a.read.Pool = pool
	a.read.Emit = func(b *change.Batch) error {
		if err := a.load.pace.wait(ctx, b.Rows(), b.Payload()); err != nil {
			pool.Put(b)
			return err
		}
		batches <- b
		return nil
	}
	// Reader and writer reject on goroutines of their own.
	readRejects := &rejects{ctx: ctx, load: a.load, table: a.table}
	a.read.Reject = readRejects.take
	g.Go(func() error {
		defer close(batches)
		if err := a.load.Snapshot.Read(ctx, a.read); err != nil {
			if errors.Is(err, ErrSuspended) || errors.Is(err, ErrStopped) {
				return err
			}
			return &SourceError{err}
		}
		return nil
	})
	g.Go(func() error {
		for b := range batches {
			err := a.write(ctx, loader, b)
			pool.Put(b)
			if err != nil {
				return err
			}
		}
		return nil
	})
	err := g.Wait()
	a.rejects.join(readRejects)
	return err
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
