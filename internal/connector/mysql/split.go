package mysql

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// Split cuts a table into segments: as its parallel-load rule says, else by ranges of its key, partition by partition.
func (s *snapshot) Split(ctx context.Context, t *catalog.Table, o connector.SplitOptions) ([]connector.Segment, error) {
	if err := s.alive(); err != nil {
		return nil, err
	}
	parts, err := s.parts(ctx, t, o)
	if err != nil {
		return nil, fmt.Errorf("split %s: %w", t.Name, err)
	}
	segments := make([]connector.Segment, len(parts))
	for i, p := range parts {
		segments[i] = connector.Segment{Number: i + 1, Of: len(parts), Spec: p.spec.text(), Rows: p.rows, Bytes: p.bytes}
	}
	return segments, nil
}

// piece is a segment before it has its number. Rows and bytes are estimates, -1 when unknown.
type piece struct {
	spec        spec
	rows, bytes int64
}

func (s *snapshot) parts(ctx context.Context, t *catalog.Table, o connector.SplitOptions) ([]piece, error) {
	if o.Parallel != nil && o.Parallel.Type != "" && o.Parallel.Type != "none" {
		return s.ruled(ctx, t, o.Parallel)
	}
	whole, err := s.partitions(ctx, t)
	if err != nil {
		return nil, err
	}
	var out []piece
	for _, p := range whole {
		cut, err := s.cutByKey(ctx, t, p, o)
		if err != nil {
			return nil, err
		}
		out = append(out, cut...)
	}
	if o.MaxSegments > 0 && len(out) > o.MaxSegments {
		return joinParts(out, o.MaxSegments), nil
	}
	return out, nil
}

// partitions are the parts a table consists of by itself: its partitions, or the whole. MariaDB reads earlier rows of a whole table alone, not of the
// partitions that they are put into (error 4142), and those of now are in one partition.
func (s *snapshot) partitions(ctx context.Context, t *catalog.Table) ([]piece, error) {
	if len(t.Partitions) == 0 || partedByHistory(t) {
		return []piece{{rows: t.Rows, bytes: t.Bytes}}, nil
	}
	rows, err := s.host.control.QueryContext(ctx, `SELECT COALESCE(subpartition_name, partition_name), table_rows, data_length
		FROM information_schema.partitions WHERE table_schema = ? AND table_name = ? AND partition_name IS NOT NULL`,
		t.Name.Schema, t.Name.Name)
	if err != nil {
		return nil, classify(ctx, fmt.Errorf("ask for partitions: %w", err))
	}
	defer func() { _ = rows.Close() }()
	known := map[string]piece{}
	for rows.Next() {
		p := piece{}
		if err := rows.Scan(&p.spec.Partition, &p.rows, &p.bytes); err != nil {
			return nil, classify(ctx, fmt.Errorf("ask for partitions: %w", err))
		}
		known[p.spec.Partition] = p
	}
	var out []piece
	for _, name := range t.Partitions {
		p, ok := known[name]
		if !ok {
			p = piece{spec: spec{Partition: name}, rows: -1, bytes: -1}
		}
		out = append(out, p)
	}
	return out, classify(ctx, rows.Err())
}

// partedByHistory reports whether the partitions of a table are those of its earlier rows.
func partedByHistory(t *catalog.Table) bool {
	return strings.Contains(strings.ToUpper(partitionClause(t.Native[nativeOptions])), "PARTITION BY SYSTEM_TIME")
}

// ruled follows a parallel-load rule.
func (s *snapshot) ruled(ctx context.Context, t *catalog.Table, rule *catalog.ParallelLoad) ([]piece, error) {
	switch rule.Type {
	case "partitions-auto":
		return s.partitions(ctx, t)
	case "partitions-list":
		listed := *t
		listed.Partitions = rule.Partitions
		for _, name := range rule.Partitions {
			if !slices.Contains(t.Partitions, name) {
				return nil, invalid(fmt.Errorf("the parallel-load rule names partition %s, which the table does not have", name), "")
			}
		}
		return s.listedPartitions(ctx, t, &listed)
	case "ranges":
		return ranges(t, rule)
	}
	return nil, invalid(fmt.Errorf("parallel-load type %q is not known for this engine", rule.Type),
		"Use partitions-auto, partitions-list or ranges")
}

// listedPartitions takes the partitions a rule lists, and the others too: a rule says how to read a table in
// parallel, not which rows to leave out.
func (s *snapshot) listedPartitions(ctx context.Context, t, listed *catalog.Table) ([]piece, error) {
	for _, name := range t.Partitions {
		if !slices.Contains(listed.Partitions, name) {
			listed.Partitions = append(listed.Partitions[:len(listed.Partitions):len(listed.Partitions)], name)
		}
	}
	return s.partitions(ctx, listed)
}

// ranges cuts by the boundaries of a rule, each of which is an upper bound.
func ranges(t *catalog.Table, rule *catalog.ParallelLoad) ([]piece, error) {
	if len(rule.Columns) == 0 || len(rule.Boundaries) == 0 {
		return nil, invalid(fmt.Errorf("the ranges of table %s need columns and boundaries", t.Name), "")
	}
	var out []piece
	for i := range len(rule.Boundaries) + 1 {
		sp := spec{Columns: rule.Columns, From: rule.Boundaries[:i]}
		if i < len(rule.Boundaries) {
			sp.To = rule.Boundaries[i]
		}
		if _, err := sp.conditions(t); err != nil {
			return nil, err
		}
		out = append(out, piece{spec: sp, rows: -1, bytes: -1})
	}
	return out, nil
}

// joinParts joins neighbours that are ranges of one key until there are no more than most parts.
func joinParts(parts []piece, most int) []piece {
	group := (len(parts) + most - 1) / most
	var out []piece
	for len(parts) > 0 {
		n := min(group, len(parts))
		joined := parts[0]
		for _, p := range parts[1:n] {
			if p.spec.Partition != joined.spec.Partition || len(p.spec.From) != 1 {
				out = append(out, joined)
				joined = p
				continue
			}
			joined.spec.To = p.spec.To
			joined.rows += p.rows
			joined.bytes += p.bytes
		}
		out = append(out, joined)
		parts = parts[n:]
	}
	for i := range out {
		// A range without ends is the whole.
		if len(out[i].spec.From) == 0 && out[i].spec.To == nil {
			out[i].spec.Columns = nil
		}
	}
	return out
}
