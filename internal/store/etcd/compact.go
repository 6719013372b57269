package etcd

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
)

// The hourly compaction bounds how long the past is kept, this one how large it grows: one key that is written again and
// again would otherwise fill the quota within the hour, and then nothing can be written any more.
const (
	compactAfter = 256 << 20        // bytes of past
	compactLook  = 20 * time.Second // between two looks
	compactKeeps = 3                // looks whose past is kept, for those who read or watch it at the moment
)

// compactor has the past forgotten when there is much of it.
type compactor struct {
	client *clientv3.Client
	size   func() int64 // of what is in use
	after  int64
	least  int64   // size since the last compaction: what there is without a past
	seen   []int64 // revisions of the last looks
}

// run looks until the context ends.
func (c *compactor) run(ctx context.Context, every time.Duration, failed func(error)) {
	c.least = c.size()
	turn := time.NewTicker(every)
	defer turn.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-turn.C:
		}
		if err := c.look(ctx); err != nil && ctx.Err() == nil {
			failed(err)
		}
	}
}

func (c *compactor) look(ctx context.Context) error {
	now, err := c.client.Get(ctx, "\x00", clientv3.WithFromKey(), clientv3.WithLimit(1), clientv3.WithKeysOnly())
	if err != nil {
		return fmt.Errorf("read the revision of the store: %w", err)
	}
	c.seen = append(c.seen, now.Header.Revision)
	size := c.size()
	c.least = min(c.least, size)
	if len(c.seen) <= compactKeeps {
		return nil
	}
	c.seen = c.seen[len(c.seen)-compactKeeps-1:]
	if size-c.least < c.after {
		return nil
	}
	c.least = size // it falls, to what there is without a past
	if _, err := c.client.Compact(ctx, c.seen[0]); err != nil && !errors.Is(err, rpctypes.ErrCompacted) {
		return fmt.Errorf("compact the store to revision %d: %w", c.seen[0], err)
	}
	return nil
}
