package sqlite

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// span is the Spec of a segment: the rowids from From to To, both included. A missing end is open.
type span struct {
	From *int64 `json:"from,omitempty"`
	To   *int64 `json:"to,omitempty"`
}

func parseSpan(spec string) (span, error) {
	var s span
	if spec == "" {
		return s, nil
	}
	if err := json.Unmarshal([]byte(spec), &s); err != nil {
		return s, invalid("", "read segment %q: %w", spec, err)
	}
	return s, nil
}

// Split implements connector.Snapshot. Tables are cut by rowid; a table without one is a single segment, as is one
// whose rowids are all hidden behind columns of the same names.
func (sn *snapshot) Split(ctx context.Context, t *catalog.Table, o connector.SplitOptions) ([]connector.Segment, error) {
	if o.Parallel != nil {
		return sn.splitByRule(ctx, t, o.Parallel)
	}
	whole := []connector.Segment{{Number: 1, Of: 1, Rows: t.Rows, Bytes: t.Bytes}}
	n := segmentCount(t, o)
	rowid := rowidName(t)
	if n <= 1 || rowid == "" {
		return whole, nil
	}
	var lo, hi int64
	err := sn.with(ctx, "split table "+t.Name.String(), func(c *conn) (err error) {
		if lo, err = c.number(fmt.Sprintf("SELECT min(%s) FROM %s", rowid, quote(t.Name.Name))); err != nil {
			return err
		}
		hi, err = c.number(fmt.Sprintf("SELECT max(%s) FROM %s", rowid, quote(t.Name.Name)))
		return err
	})
	if err != nil {
		return nil, err
	}
	return cut(t, lo, hi, n), nil
}

func segmentCount(t *catalog.Table, o connector.SplitOptions) int64 {
	if o.SegmentBytes <= 0 || t.Bytes <= o.SegmentBytes || t.Rows < 2 {
		return 1
	}
	n := min((t.Bytes+o.SegmentBytes-1)/o.SegmentBytes, t.Rows)
	if o.MaxSegments > 0 {
		n = min(n, int64(o.MaxSegments))
	}
	return n
}

// cut divides the rowids evenly. The outer ends stay open, so that the segments hold every row whatever lo and hi are.
func cut(t *catalog.Table, lo, hi, n int64) []connector.Segment {
	width := uint64(hi) - uint64(lo)
	n = int64(min(uint64(n), max(width, 1)))
	step := width / uint64(n)
	segments := make([]connector.Segment, n)
	for i := range n {
		var s span
		if i > 0 {
			from := int64(uint64(lo) + uint64(i)*step)
			s.From = &from
		}
		if i < n-1 {
			to := int64(uint64(lo)+uint64(i+1)*step) - 1
			s.To = &to
		}
		segments[i] = connector.Segment{Number: int(i + 1), Of: int(n), Spec: encodeSpan(s), Rows: t.Rows / n, Bytes: t.Bytes / n}
	}
	return segments
}

func encodeSpan(s span) string {
	if s == (span{}) {
		return ""
	}
	b, _ := json.Marshal(s) // two integers cannot fail
	return string(b)
}
