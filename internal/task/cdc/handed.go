package cdc

import (
	"context"
	"sync/atomic"
)

// handed bounds the bytes of the groups that have been read and are not yet applied. The bounds of a group do so as long as values
// are small: a single value of many megabytes fills a group over, and three of those at once, each with its net effect, are
// more than an instance's memory may be.
type handed struct {
	most  int64
	bytes atomic.Int64
	freed chan struct{}
}

func newHanded(most int) *handed { return &handed{most: int64(most), freed: make(chan struct{}, 1)} }

func (h *handed) add(bytes int) { h.bytes.Add(int64(bytes)) }

func (h *handed) done(bytes int) {
	h.bytes.Add(-int64(bytes))
	select {
	case h.freed <- struct{}{}:
	default:
	}
}

// await waits until more may be read. Whatever is handed over is applied without more being read, so that the wait ends.
func (h *handed) await(ctx context.Context) error {
	for h.bytes.Load() > h.most {
		select {
		case <-h.freed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}
