package postgres

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// segmentSpec says which rows a segment holds. Its JSON is kept in the journal, so names stay what they are.
type segmentSpec struct {
	// Table is the table itself or the partition that holds the rows.
	Table catalog.Name `json:"table"`
	// Whole reads what inherits from the table along with it.
	Whole bool `json:"whole,omitempty"`
	// From and To bound the pages, To exclusive; 0 means open.
	From int64 `json:"from,omitempty"`
	To   int64 `json:"to,omitempty"`
	// Where is a condition of a parallel-load range.
	Where string `json:"where,omitempty"`
}

func (s *segmentSpec) conditions() []string {
	var all []string
	if s.From > 0 {
		all = append(all, fmt.Sprintf("ctid >= '(%d,0)'::pg_catalog.tid", s.From))
	}
	if s.To > 0 {
		all = append(all, fmt.Sprintf("ctid < '(%d,0)'::pg_catalog.tid", s.To))
	}
	if s.Where != "" {
		all = append(all, s.Where)
	}
	return all
}

func (s *segmentSpec) text() string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // strings and numbers always marshal
	}
	return string(b)
}

// Split implements connector.Snapshot.
func (s *snapshot) Split(ctx context.Context, t *catalog.Table, o connector.SplitOptions) (segments []connector.Segment, err error) {
	w, err := s.readers.get(ctx)
	if err != nil {
		return nil, classify(ctx, "get a reader", err)
	}
	defer func() { s.give(w, err) }()
	if o.Parallel != nil && o.Parallel.Type == "ranges" {
		return s.splitRanges(ctx, w, t, o.Parallel)
	}
	heaps, err := s.heaps(ctx, w, t)
	if err != nil {
		return nil, err
	}
	if o.Parallel != nil {
		return splitLeaves(t, heaps, o.Parallel)
	}
	return splitPages(t, heaps, o), nil
}

// splitPages cuts by page ranges. A leaf that may not be read by its own name makes the table one segment.
func splitPages(t *catalog.Table, heaps []heap, o connector.SplitOptions) []connector.Segment {
	if !allReadable(heaps) {
		return numbered([]connector.Segment{{Spec: (&segmentSpec{Table: t.Name, Whole: true}).text(), Rows: -1, Bytes: -1}})
	}
	var all []connector.Segment
	for i := range heaps {
		all = append(all, heaps[i].cut(o, len(heaps))...)
	}
	return numbered(all)
}

func allReadable(heaps []heap) bool {
	for _, h := range heaps {
		if !h.readable {
			return false
		}
	}
	return len(heaps) > 0
}

// cut makes the segments of one heap; shared is among how many heaps the table's bound of segments is shared.
func (h *heap) cut(o connector.SplitOptions, shared int) []connector.Segment {
	n := int64(1)
	if h.addressable && o.SegmentBytes > 0 && h.bytes > 0 {
		n = min((h.bytes+o.SegmentBytes-1)/o.SegmentBytes, max(h.pages, 1))
	}
	if o.MaxSegments > 0 {
		n = min(n, int64(max(o.MaxSegments/shared, 1)))
	}
	all := make([]connector.Segment, n)
	for i := range n {
		spec := segmentSpec{Table: h.name, From: h.pages * i / n}
		if i < n-1 {
			spec.To = h.pages * (i + 1) / n
		}
		all[i] = connector.Segment{Spec: spec.text(), Rows: -1, Bytes: -1}
		if h.rows >= 0 {
			all[i].Rows = int64(h.rows) / n
		}
		if h.bytes >= 0 {
			all[i].Bytes = h.bytes / n
		}
	}
	return all
}

func numbered(all []connector.Segment) []connector.Segment {
	for i := range all {
		all[i].Number, all[i].Of = i+1, len(all)
	}
	return all
}
