package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

var _ connector.Counting = (*source)(nil)

const standingQuery = `SELECT c.oid, n.nspname, c.relname, s.seqmin, s.seqmax, s.seqincrement, s.seqcycle,
	has_sequence_privilege(c.oid, 'SELECT') AND has_schema_privilege(c.relnamespace, 'USAGE')
	FROM pg_catalog.pg_sequence s JOIN pg_catalog.pg_class c ON c.oid = s.seqrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace`

// Recount implements connector.Counting.
func (s *source) Recount(ctx context.Context, c *catalog.Catalog) (moved bool, err error) {
	own, columns := allSequences(c)
	if len(own)+len(columns) == 0 {
		return false, nil
	}
	conn, err := openConn(ctx, s.cfg)
	if err != nil {
		return false, err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	in := newInspector(conn, connector.InspectOptions{})
	var all []*sequence
	err = in.within(ctx, func(ctx context.Context) error {
		err := in.each(ctx, "sequences", standingQuery, func(rows pgx.Rows) error {
			q := &sequence{}
			err := rows.Scan(&q.oid, &q.Name.Schema, &q.Name.Name, &q.Min, &q.Max, &q.Increase, &q.Cycle, &q.readable)
			if own[q.Name] != nil || columns[q.Name] != nil {
				all = append(all, q)
			}
			return err
		})
		if err != nil {
			return err
		}
		return in.loadValues(ctx, all)
	})
	if err != nil {
		return false, classify(ctx, "look at sequences", err)
	}
	for _, q := range all {
		if !q.known {
			continue
		}
		if was := own[q.Name]; was != nil && (was.Last != q.Last || was.Called != q.Called) {
			was.Last, was.Called, moved = q.Last, q.Called, true
		}
		for _, column := range columns[q.Name] {
			before := column.Identity
			column.Identity.Next, column.Identity.Known, column.Identity.Spent = q.next()
			moved = moved || column.Identity != before
		}
	}
	return moved, nil
}

// allSequences gathers the sequences that stand on their own, and the columns behind which others stand.
func allSequences(c *catalog.Catalog) (own map[catalog.Name]*catalog.Sequence, columns map[catalog.Name][]*catalog.Column) {
	own, columns = map[catalog.Name]*catalog.Sequence{}, map[catalog.Name][]*catalog.Column{}
	for _, schema := range c.Schemas {
		for _, s := range schema.Sequences {
			own[s.Name] = s
		}
		for _, t := range schema.Tables {
			for _, column := range t.Columns {
				if n := column.Identity.Sequence; n.Name != "" {
					columns[n] = append(columns[n], column)
				}
			}
		}
	}
	return own, columns
}
