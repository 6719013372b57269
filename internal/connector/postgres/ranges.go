package postgres

import (
	"context"
	"fmt"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// splitRanges cuts by the boundaries of a parallel-load rule: n of them make n+1 segments. A row belongs to the first
// boundary that it is not known to lie at or above; so a row with a null in a deciding column, which DMS does not
// copy, is in exactly one segment as well.
func (s *snapshot) splitRanges(ctx context.Context, w *wire, t *catalog.Table, p *catalog.ParallelLoad) ([]connector.Segment, error) {
	all, err := s.attributes(ctx, w, t.Name)
	if err != nil {
		return nil, err
	}
	below := make([]string, len(p.Boundaries))
	for i, b := range p.Boundaries {
		if len(b) != len(p.Columns) || len(b) == 0 {
			return nil, invalid(t, fmt.Errorf("parallel-load boundary %d has %d values for %d columns", i+1, len(b), len(p.Columns)))
		}
		if below[i], err = lower(all, p.Columns, b); err != nil {
			return nil, invalid(t, fmt.Errorf("parallel-load boundary %d: %w", i+1, err))
		}
	}
	segments := make([]connector.Segment, 0, len(below)+1)
	for i := range len(below) + 1 {
		var where []string
		for _, b := range below[:i] {
			where = append(where, "("+b+") IS FALSE")
		}
		if i < len(below) {
			where = append(where, "("+below[i]+") IS NOT FALSE")
		}
		spec := segmentSpec{Table: t.Name, Whole: t.PartitionBy != "", Where: strings.Join(where, " AND ")}
		segments = append(segments, connector.Segment{Spec: spec.text(), Rows: -1, Bytes: -1})
	}
	return numbered(segments), nil
}

// lower writes "the row lies below the boundary": a < x OR a = x AND (b < y OR …).
func lower(all []attribute, columns, values []string) (string, error) {
	a, err := find(all, columns[0])
	if err != nil {
		return "", err
	}
	column, value := quote(a.name), quoteLiteral(values[0])+"::"+a.typeName
	if len(columns) == 1 {
		return column + " < " + value, nil
	}
	rest, err := lower(all, columns[1:], values[1:])
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%[1]s < %[2]s OR %[1]s = %[2]s AND (%[3]s)", column, value, rest), nil
}

// splitLeaves makes each partition a segment. A list must name partitions that exist; the others are read all the same.
func splitLeaves(t *catalog.Table, heaps []heap, p *catalog.ParallelLoad) ([]connector.Segment, error) {
	if p.Type != "partitions-auto" && p.Type != "partitions-list" {
		return nil, invalid(t, fmt.Errorf("parallel-load type %q is unknown", p.Type))
	}
	for _, name := range p.Partitions {
		if !hasHeap(heaps, name) {
			return nil, invalid(t, fmt.Errorf("parallel-load names %q, which is no partition of the table", name))
		}
	}
	return splitPages(t, heaps, connector.SplitOptions{}), nil
}

func hasHeap(heaps []heap, name string) bool {
	for _, h := range heaps {
		if h.name.Name == name {
			return true
		}
	}
	return false
}
