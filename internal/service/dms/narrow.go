package dms

import (
	"context"
	"errors"
	"slices"

	"github.com/whimbreldb/whimbrel/internal/store"
)

// scanner goes over the items under a prefix after a key, in order, until see has enough.
type scanner interface {
	scan(prefix, after string, see func(store.Item) (more bool, err error)) error
}

func (o outside) scan(prefix, after string, see func(store.Item) (bool, error)) error {
	return store.Scan(o.ctx, o.store, prefix, after, see)
}

// narrowed goes over those records alone that filters name, if they name some: a person who asks for one task must not wait
// for all to be read. The filters have yet to be asked of them.
func (s *Service) narrowed(ctx context.Context, k kind, arns, names []string) scanner {
	from := s.reads(ctx)
	if arns == nil && names == nil {
		return from
	}
	return &someRecords{s, from, k, arns, names}
}

type someRecords struct {
	s           *Service
	from        outside
	kind        kind
	arns, names []string
}

func (r *someRecords) scan(_, after string, see func(store.Item) (bool, error)) error {
	var keys []string
	for _, arn := range r.arns {
		if id, err := r.s.parseOf(r.kind, arn); err == nil {
			keys = append(keys, r.kind.keys()+id)
		}
	}
	for _, name := range r.names {
		id, err := named(r.from, r.kind, name)
		if err != nil {
			return err
		}
		keys = append(keys, r.kind.keys()+id)
	}
	slices.Sort(keys)
	for _, key := range slices.Compact(keys) {
		if key <= after {
			continue
		}
		item, err := r.from.Get(key)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		if more, err := see(item); err != nil || !more {
			return err
		}
	}
	return nil
}
