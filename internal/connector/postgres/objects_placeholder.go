package postgres

import (
	"context"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// A view that is needed before it can be made is made twice, as pg_dump does it: first a placeholder with its columns, then the view itself
// in its place, at the end.

// rowTypesQuery lists the views whose rows are the type of a table's column, or of an array in one.
const rowTypesQuery = `SELECT DISTINCT t.typrelid FROM pg_catalog.pg_attribute a JOIN rel c ON c.oid = a.attrelid JOIN pg_catalog.pg_type o ON o.oid = a.atttypid
	JOIN pg_catalog.pg_type t ON t.oid IN (o.oid, o.typelem) WHERE c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped AND t.typrelid <> 0`

const viewTypesQuery = `SELECT DISTINCT c.oid, a.atttypid FROM pg_catalog.pg_attribute a JOIN rel c ON c.oid = a.attrelid
	WHERE c.relkind = 'v' AND a.attnum > 0 AND NOT a.attisdropped AND a.atttypid >= 16384 ORDER BY 1, 2`

// placeViews finds views that something of an earlier stage needs, and circles of views.
func (in *inspector) placeViews(ctx context.Context) error {
	err := in.each(ctx, "rows of views in tables", in.rel()+rowTypesQuery, func(rows pgx.Rows) error {
		var oid uint32
		if err := rows.Scan(&oid); err != nil {
			return err
		}
		if n := in.graph[ref{"pg_class", oid}]; n.canWait() {
			n.placeholder(beforeTables)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for from, n := range in.graph {
		for i, on := range n.needs {
			if from.class == "pg_type" && on.canWait() {
				n.needs[i] = on.placeholder(beforeTables)
			}
		}
	}
	for _, circle := range in.graph.circles() {
		for _, n := range circle {
			for i, on := range n.needs {
				if on.canWait() && slices.Contains(circle, on) {
					n.needs[i] = on.placeholder(afterTables)
				}
			}
		}
	}
	for r, n := range in.graph {
		if n.stand != nil {
			n.rank = atEnd
			in.graph[ref{"placeholder", r.oid}] = n.stand
		}
	}
	return in.each(ctx, "types of views' columns", in.rel()+viewTypesQuery, func(rows pgx.Rows) error {
		var view, of uint32
		if err := rows.Scan(&view, &of); err != nil {
			return err
		}
		stand, on := in.graph[ref{"placeholder", view}], in.graph[in.canonical(ref{"pg_type", of})]
		if stand != nil && on != nil && on.view == nil {
			stand.needs = append(stand.needs, on)
		}
		return nil
	})
}

// canWait reports whether the node is a view whose place can be held.
func (n *node) canWait() bool { return n != nil && n.view != nil && !n.view.view.Materialized }

// placeholder is what holds a view's place from that rank on.
func (n *node) placeholder(from rank) *node {
	if n.stand == nil {
		n.stand = &node{rank: from, object: catalog.Object{Kind: "placeholder of view", Name: n.view.name, DDL: []string{placeholderDDL(n.view.view)}}}
	}
	n.stand.rank = min(n.stand.rank, from)
	return n.stand
}

func placeholderDDL(v *catalog.View) string {
	columns := make([]string, len(v.Columns))
	for i, c := range v.Columns {
		columns[i] = "NULL::" + c.NativeType
		if c.Collation != "" {
			columns[i] += " COLLATE " + c.Collation
		}
		columns[i] += " AS " + quote(c.Name)
	}
	return "CREATE VIEW " + quoteName(v.Name) + " AS SELECT " + strings.Join(columns, ", ")
}

// circles are the sets of nodes that need each other (Tarjan's strongly connected components).
func (g graph) circles() (found [][]*node) {
	type state struct {
		index, low int
		on         bool
	}
	states := map[*node]*state{}
	var stack []*node
	var visit func(n *node) *state
	visit = func(n *node) *state {
		s := &state{index: len(states), low: len(states), on: true}
		states[n] = s
		stack = append(stack, n)
		for _, d := range n.needs {
			if known := states[d]; known == nil {
				s.low = min(s.low, visit(d).low)
			} else if known.on {
				s.low = min(s.low, known.index)
			}
		}
		if s.low < s.index {
			return s
		}
		at := slices.Index(stack, n)
		circle := slices.Clone(stack[at:])
		stack = stack[:at]
		for _, m := range circle {
			states[m].on = false
		}
		if len(circle) > 1 {
			found = append(found, circle)
		}
		return s
	}
	for _, n := range g {
		if states[n] == nil {
			visit(n)
		}
	}
	return found
}
