package sqlite

import (
	"context"
	"fmt"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// Read implements connector.Snapshot.
func (sn *snapshot) Read(ctx context.Context, r connector.ReadRequest) error {
	return sn.with(ctx, "read table "+r.Table.Name.String(), func(c *conn) error {
		q, err := newReadQuery(r)
		if err != nil {
			return err
		}
		s, err := c.prepare(q.sql)
		if err != nil {
			return err
		}
		defer s.finalize()
		if err := s.bindAll(q.args); err != nil {
			return err
		}
		rd := reader{ctx: ctx, stmt: s, request: r, keys: q.keys}
		return rd.run()
	})
}

// reader runs one read.
type reader struct {
	ctx     context.Context
	stmt    *stmt
	request connector.ReadRequest
	keys    []string // names of the columns after the requested ones, which tell rows apart
	layouts []change.Layout
	batch   *change.Batch
}

func (rd *reader) run() error {
	for _, c := range rd.request.Columns {
		rd.layouts = append(rd.layouts, c.Layout)
	}
	defer func() {
		if rd.batch != nil {
			rd.request.Pool.Put(rd.batch)
		}
	}()
	for {
		more, err := rd.stmt.step()
		if err != nil {
			return err
		}
		if !more {
			return rd.emit()
		}
		if rd.batch == nil {
			if rd.batch, err = rd.request.Pool.Get(rd.ctx, rd.layouts); err != nil {
				return err
			}
		}
		if err := rd.row(); err != nil {
			return err
		}
	}
}

// row decodes the current row into the batch, and emits the batch when it is full.
func (rd *reader) row() error {
	b := rd.batch
	for i, l := range rd.layouts {
		if why := decodeColumn(rd.stmt, i, rd.request.Columns[i].Column, l, &b.Columns[i]); why != "" {
			b.CancelRow()
			return rd.request.Reject(change.Reject{Fault: change.DataFault, Column: rd.request.Columns[i].Column.Name,
				Key: rd.key(), Reason: why + ": " + quoteValue(rd.stmt, i)})
		}
	}
	b.EndRow()
	if b.Full() || b.Size() >= change.MaxBatchBytes {
		return rd.emit()
	}
	return nil
}

func (rd *reader) emit() error {
	b := rd.batch
	if b == nil || b.Rows() == 0 {
		return nil
	}
	rd.batch = nil
	return rd.request.Emit(b)
}

// key names the current row for a person.
func (rd *reader) key() string {
	var b strings.Builder
	for i, name := range rd.keys {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(name + "=" + quoteValue(rd.stmt, len(rd.layouts)+i))
	}
	return b.String()
}

// readQuery is the SELECT of a read. Its keys follow the requested columns, to name rows that are rejected.
type readQuery struct {
	sql  string
	args []any
	keys []string
}

func newReadQuery(r connector.ReadRequest) (readQuery, error) {
	var q readQuery
	var list []string
	for _, c := range r.Columns {
		if c.Expression != "" {
			list = append(list, "CAST(("+c.In(ident(c.Column.Name))+") AS TEXT)")
			continue
		}
		list = append(list, ident(c.Column.Name))
	}
	rowid := rowidName(r.Table)
	if isView(r.Table) {
		rowid = ""
	}
	switch {
	case r.Table.PrimaryKey != nil:
		for _, name := range r.Table.PrimaryKey.Columns {
			list, q.keys = append(list, ident(name)), append(q.keys, name)
		}
	case rowid != "":
		list, q.keys = append(list, rowid), append(q.keys, "rowid")
	}
	if len(list) == 0 {
		list = append(list, "NULL")
	}
	where, err := spanCondition(r.Segment.Spec, rowid)
	if err != nil {
		return q, err
	}
	filters, args, err := conditions(r.Table, r.Where)
	if err != nil {
		return q, err
	}
	where, q.args = append(where, filters...), args
	q.sql = "SELECT " + strings.Join(list, ",") + " FROM " + quote(r.Table.Name.Name)
	if len(where) > 0 {
		q.sql += " WHERE " + strings.Join(where, " AND ")
	}
	return q, nil
}

// isView tells a view, which the task presents as a table, by the absence of a CREATE TABLE statement.
func isView(t *catalog.Table) bool { return t.Native["create"] == "" }

func spanCondition(spec, rowid string) ([]string, error) {
	s, err := parseSpan(spec)
	if err != nil {
		return nil, err
	}
	if s != (span{}) && rowid == "" {
		return nil, invalid("", "segment %q needs a rowid", spec)
	}
	var where []string
	if s.From != nil {
		where = append(where, fmt.Sprintf("%s >= %d", rowid, *s.From))
	}
	if s.To != nil {
		where = append(where, fmt.Sprintf("%s <= %d", rowid, *s.To))
	}
	return where, nil
}
