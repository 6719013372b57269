package redshift

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// Read implements connector.Snapshot.
func (v *view) Read(ctx context.Context, r connector.ReadRequest) error {
	q, err := newQuery(r)
	if err != nil {
		return err
	}
	return v.readers.with(ctx, "read the table "+r.Table.Name.String(), func(c *conn) error {
		if err := q.run(ctx, c); err != nil {
			c.end() // the rest of its rows may be on its way
			return err
		}
		return nil
	})
}

// query is a SELECT with what becomes of its rows.
type query struct {
	connector.ReadRequest
	sql     string
	layouts []change.Layout
	columns []*readColumn
	batch   *change.Batch
}

func newQuery(r connector.ReadRequest) (*query, error) {
	q := &query{ReadRequest: r}
	var list []string
	for i := range r.Columns {
		c, err := newReadColumn(&r.Columns[i])
		if err != nil {
			return nil, err
		}
		list = append(list, c.sql)
		q.columns, q.layouts = append(q.columns, c), append(q.layouts, c.layout)
	}
	q.sql = "SELECT " + strings.Join(list, ", ") + " FROM " + quoteName(r.Table.Name)
	var where []string
	for _, p := range r.Where {
		sql, err := condition(r.Table, p)
		if err != nil {
			return nil, err
		}
		where = append(where, sql)
	}
	if len(where) > 0 {
		q.sql += " WHERE " + strings.Join(where, " AND ")
	}
	return q, nil
}

// run reads within a transaction that cannot write: expressions of a mapping are run here.
func (q *query) run(ctx context.Context, c *conn) (err error) {
	if _, err := c.run(ctx, "BEGIN READ ONLY"); err != nil {
		return err
	}
	defer func() {
		if q.batch != nil {
			q.Pool.Put(q.batch)
			q.batch = nil
		}
	}()
	results := c.Exec(ctx, q.sql)
	for results.NextResult() {
		if err := q.rows(ctx, results.ResultReader()); err != nil {
			return err
		}
	}
	if err := results.Close(); err != nil {
		return err
	}
	if q.batch != nil {
		full := q.batch
		q.batch = nil
		if err := q.Emit(full); err != nil {
			return err
		}
	}
	_, err = c.run(ctx, "COMMIT")
	return err
}

func (q *query) rows(ctx context.Context, r *pgconn.ResultReader) error {
	for i, f := range r.FieldDescriptions() {
		q.columns[i].oid = f.DataTypeOID
	}
	for r.NextRow() {
		if err := q.row(ctx, r.Values()); err != nil {
			return err
		}
	}
	_, err := r.Close()
	return err
}

// row appends a row, and passes a full batch on.
func (q *query) row(ctx context.Context, values [][]byte) (err error) {
	if q.batch == nil {
		if q.batch, err = q.Pool.Get(ctx, q.layouts); err != nil {
			return err
		}
	}
	for i, c := range q.columns {
		reason := c.append(&q.batch.Columns[i], values[i])
		if reason == "" {
			continue
		}
		q.batch.CancelRow()
		return q.Reject(change.Reject{Fault: change.DataFault, Column: c.name, Key: q.key(values), Reason: reason})
	}
	q.batch.EndRow()
	if !q.batch.Full() {
		return nil
	}
	full := q.batch
	q.batch = nil
	return q.Emit(full)
}

// key tells a row by its primary key, else by its first column.
func (q *query) key(values [][]byte) string {
	const most = 100
	var parts []string
	for i, c := range q.columns {
		if inKey(q.Table, c.name) || q.Table.PrimaryKey == nil && i == 0 {
			parts = append(parts, c.name+"="+string(values[i][:change.CutUTF8(values[i], most)]))
		}
	}
	return strings.Join(parts, ", ")
}
