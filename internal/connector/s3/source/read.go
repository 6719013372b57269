package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/connector/s3/external"
)

// reading reads the rows of one segment.
type reading struct {
	ctx     context.Context //nolint:containedctx // of one call
	source  *source
	request connector.ReadRequest
	table   *external.Table
	decoder *decoder
	filter  *connector.Filter
	// asked makes the values that the filter asks for, into sieve.
	asked *decoder
	sieve change.Batch
	batch *change.Batch
	cuts  func(misfit) error
	now   record
	// take takes a record, now; net, and the number of the file at hand, are of files with changes among them.
	take   func() error
	net    *net
	number int
}

// Read implements connector.Snapshot.
func (sn *snapshot) Read(ctx context.Context, r connector.ReadRequest) error {
	if slices.ContainsFunc(r.Columns, func(c connector.ReadColumn) bool { return c.Expression != "" }) {
		return &connector.Error{
			Class: connector.Invalid, Err: errors.New("files have no functions to compare a column by (override-validation-function)"), Remedy: "leave the source-function out",
		}
	}
	rd := &reading{ctx: ctx, source: sn.source, request: r}
	rd.take = rd.loaded
	if err := rd.prepare(); err != nil {
		return err
	}
	all, err := sn.files(ctx, r.Table)
	if err != nil {
		return err
	}
	files, err := within(all, r.Segment.Spec)
	if err != nil {
		return err
	}
	defer func() {
		if rd.batch != nil {
			r.Pool.Put(rd.batch)
		}
	}()
	if hasChanges(files) {
		return rd.state(files)
	}
	for _, f := range files {
		if err := rd.file(f); err != nil {
			return err
		}
	}
	return rd.emit()
}

func hasChanges(files []file) bool {
	return slices.ContainsFunc(files, func(f file) bool { return f.changes })
}

func (rd *reading) prepare() (err error) {
	r := rd.request
	if rd.table, err = rd.source.table(r.Table); err != nil {
		return err
	}
	if rd.decoder, err = rd.source.newDecoder(rd.table, r.Columns); err != nil {
		return err
	}
	rd.cuts = func(m misfit) error { return r.Reject(rd.now.reject(m, true)) }
	if len(r.Where) == 0 {
		return nil
	}
	var asked []connector.ReadColumn
	for _, w := range r.Where {
		c := rd.table.Column(w.Column)
		if c == nil {
			return invalid("", "filter of table %s: no column %q", rd.table.Name, w.Column)
		}
		if !slices.ContainsFunc(asked, func(a connector.ReadColumn) bool { return a.Column == c }) {
			asked = append(asked, connector.ReadColumn{Column: c, Layout: change.LayoutOf(c.Type)})
		}
	}
	if rd.filter, err = connector.NewFilter(r.Where, asked); err != nil {
		return invalid("", "filter of table %s: %w", rd.table.Name, err)
	}
	rd.asked, err = rd.source.newDecoder(rd.table, asked)
	return err
}

func (rd *reading) file(f file) error {
	o, err := rd.source.open(rd.ctx, f)
	if err != nil {
		return err
	}
	defer o.close()
	for {
		err := o.Next()
		if errors.Is(err, io.EOF) {
			return o.whole()
		}
		if err == nil && o.Records()%4096 == 0 { // a pass that finds no rows asks nobody for room
			err = context.Cause(rd.ctx)
		}
		if err != nil {
			return rd.failed(f, err)
		}
		if rd.source.Header && !rd.source.Parquet && o.Records() == 1 {
			if rd.source.Written != nil {
				if err := rd.checkHeader(o); err != nil {
					return err
				}
			}
			continue
		}
		if err := rd.record(o); err != nil {
			return err
		}
	}
}

func (rd *reading) failed(f file, err error) error {
	if rd.ctx.Err() != nil {
		return context.Cause(rd.ctx)
	}
	return unreadable(f, err)
}

// record takes one record.
func (rd *reading) record(o *opened) error {
	if rd.batch == nil {
		var err error
		if rd.batch, err = rd.request.Pool.Get(rd.ctx, rd.decoder.layouts); err != nil {
			return err
		}
	}
	rd.now = record{from: o}
	return rd.take()
}

// loaded takes a record of a load.
func (rd *reading) loaded() error {
	if is, err := rd.isRow(); !is || err != nil {
		return err
	}
	return rd.append()
}

// append appends the row of the record, if the filter takes it.
func (rd *reading) append() error {
	if selected, err := rd.selected(); !selected || err != nil {
		return err
	}
	b := rd.batch
	_, bad, err := rd.decoder.row(b, rd.now, nil, rd.cuts)
	if err != nil {
		return err
	}
	if bad.column != nil {
		b.CancelRow()
		return rd.request.Reject(rd.now.reject(bad, false))
	}
	b.EndRow()
	if b.Full() || b.Size() >= change.MaxBatchBytes {
		return rd.emit()
	}
	return nil
}

// isRow reports whether the record is a row of the table by its form, and rejects what only looks like one.
func (rd *reading) isRow() (bool, error) {
	o := rd.now.from
	if o.rows != nil {
		reason, err := rd.decoder.notLoaded(o)
		if reason == "" || err != nil {
			return err == nil, err
		}
		return false, rd.request.Reject(rd.now.reject(misfit{reason: reason}, false))
	}
	switch n, want, lead := o.Len(), len(rd.table.Columns), len(rd.source.Lead); {
	case lead > 0 && n == want+lead && (rd.source.Lead[0] != opName || isInsert(o)):
		rd.now.skip = lead
	case lead > 0 && rd.net != nil && n != want+lead:
		return false, rd.unlike(o, want)
	case lead > 0: // none of the rows that were written
		return false, rd.request.Reject(rd.now.reject(misfit{reason: fmt.Sprintf("it is no row of the load: it has %d values, and table %s has %d columns behind %s", n, rd.table.Name, want, strings.Join(rd.source.Lead, " and "))}, false))
	case n == want:
	case isBlank(o):
		return false, nil
	case n == want+1 && isInsert(o):
		rd.now.skip = 1
	case rd.net != nil:
		return false, rd.unlike(o, want)
	default:
		return false, rd.request.Reject(rd.now.reject(misfit{reason: fmt.Sprintf("it has %d values, and table %s has %d columns", n, rd.table.Name, want)}, false))
	}
	return true, nil
}

// selected reports whether the filter takes the record. A value that it cannot read rejects the row when that is read.
func (rd *reading) selected() (bool, error) {
	if rd.filter == nil {
		return true, nil
	}
	rd.sieve.Reset(rd.asked.layouts)
	_, bad, err := rd.asked.row(&rd.sieve, rd.now, nil, func(misfit) error { return nil })
	if err != nil {
		return false, err
	}
	if bad.column != nil {
		return false, rd.request.Reject(rd.now.reject(bad, false))
	}
	rd.sieve.EndRow()
	return rd.filter.Match(&rd.sieve, 0) == connector.Matches, nil
}

func (rd *reading) emit() error {
	b := rd.batch
	if b == nil || b.Rows() == 0 {
		return nil
	}
	rd.batch = nil
	return rd.request.Emit(b)
}

// isBlank reports whether there is nothing on a line, which is no row of a table with several columns.
func isBlank(o *opened) bool {
	text, quoted := o.Field(0)
	return o.Len() == 1 && len(text) == 0 && !quoted
}

// isInsert reports whether a record of a full load begins with its operation.
func isInsert(o *opened) bool {
	op, known := operation(o)
	return known && op == change.Insert
}

// operation reads the operation with which a record begins.
func operation(o *opened) (change.Op, bool) {
	word, _ := o.Field(0)
	return operationOf(word)
}

func operationOf(word []byte) (change.Op, bool) {
	for op, names := range [...][2]string{change.Insert: {"I", "INSERT"}, change.Update: {"U", "UPDATE"}, change.Delete: {"D", "DELETE"}} {
		if strings.EqualFold(string(word), names[0]) || strings.EqualFold(string(word), names[1]) {
			return change.Op(op), true
		}
	}
	return 0, false
}
