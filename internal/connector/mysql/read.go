package mysql

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/connector/mysql/wire"
)

// Read delivers the rows of a segment.
func (s *snapshot) Read(ctx context.Context, r connector.ReadRequest) error {
	sql, err := s.host.selectRows(r)
	if err != nil {
		return err
	}
	rd := &reader{request: r}
	for _, c := range r.Columns {
		d, err := decoderFor(c)
		if err != nil {
			return err
		}
		rd.decoders = append(rd.decoders, d)
		rd.layouts = append(rd.layouts, c.Layout)
	}
	err = s.lease(ctx, func(se *link) error {
		return se.guard(ctx, func() error { return rd.run(ctx, se, sql) })
	})
	if err != nil {
		return fmt.Errorf("read %s: %w", r.Table.Name, s.host.mayNotRead(ctx, err, r.Table.Name))
	}
	return nil
}

// reader turns one result set into batches.
type reader struct {
	request  connector.ReadRequest
	decoders []cellDecoder
	layouts  []change.Layout
	batch    *change.Batch
	rows     int64 // seen so far, for naming a row that has no primary key
}

func (rd *reader) run(ctx context.Context, se *link, sql string) error {
	rows, err := se.conn.Query(sql)
	if err != nil {
		return err
	}
	defer func() {
		if rd.batch != nil {
			rd.request.Pool.Put(rd.batch)
		}
	}()
	if err := rd.all(ctx, rows); err != nil {
		if !isBroken(err) {
			se.abandon(rows)
		}
		return err
	}
	return nil
}

// abandon ends a statement whose rows nobody wants any more. The session stays usable.
func (se *link) abandon(rows *wire.Rows) {
	se.server.kill("KILL QUERY", se.conn.ID())
	var refused *wire.ServerError
	if err := rows.Drain(); err != nil && !errors.As(err, &refused) {
		se.broken = true
		return
	}
	se.settle()
}

// largeRow is the size from which a batch is looked at after the row, not only every sixteenth.
const largeRow = 32 << 10

func (rd *reader) all(ctx context.Context, rows *wire.Rows) error {
	for {
		if rd.batch == nil {
			b, err := rd.request.Pool.Get(ctx, rd.layouts)
			if err != nil {
				return err
			}
			rd.batch = b
		}
		row, large, err := rows.Next()
		if errors.Is(err, io.EOF) {
			return rd.emit()
		}
		if err != nil {
			return err
		}
		rd.rows++
		if large != nil {
			err = decodeLarge(rd.batch, rd.decoders, large)
		} else {
			err = decodeRow(rd.batch, rd.decoders, row)
		}
		if err != nil {
			if err := rd.refuse(err); err != nil {
				return err
			}
			continue
		}
		if rd.batch.Full() || (large != nil || len(row) > largeRow) && rd.batch.Size() >= change.MaxBatchBytes {
			if err := rd.emit(); err != nil {
				return err
			}
		}
	}
}

// emit hands the batch over, if there is anything in it.
func (rd *reader) emit() error {
	if rd.batch.Rows() == 0 {
		return nil
	}
	b := rd.batch
	rd.batch = nil
	return rd.request.Emit(b)
}

// refuse rejects a row that one of its values keeps out; any other error it returns.
func (rd *reader) refuse(err error) error {
	var cell *cellError
	if !errors.As(err, &cell) {
		return err
	}
	key := rd.key(cell)
	rd.batch.CancelRow()
	return rd.request.Reject(change.Reject{Fault: change.DataFault, Column: cell.column, Reason: cell.Error(), Key: key})
}

// key names the row that the batch holds the values of, all but those at fault: by its primary key, else by its place.
func (rd *reader) key(bad *cellError) string {
	k := rd.request.Table.PrimaryKey
	if k == nil || len(k.Columns) == 0 {
		return rd.place()
	}
	parts := make([]string, len(k.Columns))
	for n, name := range k.Columns {
		i := slices.IndexFunc(rd.request.Columns, func(c connector.ReadColumn) bool { return c.Column.Name == name && c.Expression == "" })
		switch {
		case i < 0:
			return rd.place()
		case name == bad.column:
			parts[n] = name + "=" + bad.value
		default:
			parts[n] = change.KeyText(rd.batch, rd.batch.Rows(), []string{name}, []int{i})
		}
	}
	return strings.Join(parts, ", ")
}

func (rd *reader) place() string {
	return fmt.Sprintf("row %d of segment %d/%d", rd.rows, rd.request.Segment.Number, rd.request.Segment.Of)
}

// decodeLarge is decodeRow for a row too large for the connection's buffer: its values go from the socket straight
// into the batch.
func decodeLarge(b *change.Batch, ds []cellDecoder, row *wire.Large) error {
	var bad error
	for i := range ds {
		n, null, err := row.Cell()
		if err != nil {
			return err
		}
		v := &b.Columns[i]
		if null {
			v.AppendNull()
			continue
		}
		if ds[i].form == asIs {
			if v.Data, err = row.Append(v.Data, n); err != nil {
				return err
			}
			v.Seal()
			continue
		}
		cell, err := row.Append(nil, n)
		if err != nil {
			return err
		}
		if err := ds[i].append(v, cell); err != nil {
			// The rest of the row has to be read all the same.
			v.AppendNull()
			bad = &cellError{column: ds[i].name, value: string(cell[:min(len(cell), 100)]), err: err}
		}
	}
	if bad != nil {
		return bad
	}
	b.EndRow()
	return nil
}
