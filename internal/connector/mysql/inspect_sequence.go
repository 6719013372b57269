package mysql

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// sequencesPerQuery bounds the sequences read by one UNION.
const sequencesPerQuery = 100

// readSequences reads MariaDB's sequences, each a table of one row.
func (i *inspector) readSequences(ctx context.Context) error {
	var all []*catalog.Sequence
	for _, s := range i.catalog.Schemas {
		all = append(all, s.Sequences...)
	}
	for some := range slices.Chunk(all, sequencesPerQuery) {
		if err := i.readSomeSequences(ctx, some); err != nil {
			return err
		}
	}
	return nil
}

func (i *inspector) readSomeSequences(ctx context.Context, some []*catalog.Sequence) error {
	selects := make([]string, len(some))
	for n, s := range some {
		selects[n] = fmt.Sprintf("SELECT %d, next_not_cached_value, minimum_value, maximum_value, start_value, increment, cache_size, cycle_option FROM %s",
			n, quoteTable(s.Name))
	}
	return each(ctx, i.q, "inspect sequences", strings.Join(selects, " UNION ALL "), nil, func(scan scanFunc) error {
		var n int
		var v catalog.Sequence
		if err := scan(&n, &v.Last, &v.Min, &v.Max, &v.Start, &v.Increase, &v.Cache, &v.Cycle); err != nil {
			return err
		}
		v.Name, v.Comment, v.Type, v.Engine = some[n].Name, some[n].Comment, "bigint", some[n].Engine
		// The next value of a sequence that has handed out its last one is beyond it, where it cannot be set to.
		switch {
		case v.Increase < 0 && v.Last < v.Min:
			v.Last, v.Called = v.Min, true
		case v.Increase >= 0 && v.Last > v.Max:
			v.Last, v.Called = v.Max, true
		}
		*some[n] = v
		return nil
	})
}
