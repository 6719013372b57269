package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// lead is how many fields stand before the values of a change: the operation, the table and its schema.
const lead = 3

// delivery fills one group.
type delivery struct {
	stream *stream
	group  *change.Group
	at     time.Time // when the changes were committed: their file's time
	to     *followed
	now    record
}

// deliver hands over what one group takes. A transaction ends with its file, or with the group: the files know no others.
func (st *stream) deliver(ctx context.Context) (connector.Event, error) {
	st.setQuiet(false)
	st.idle = false
	g, err := st.request.Pool.Get(ctx)
	if err != nil {
		return connector.Event{}, err
	}
	d := &delivery{stream: st, group: g}
	if err := d.fill(ctx); err != nil {
		st.request.Pool.Put(g)
		return connector.Event{}, err
	}
	e := connector.Event{Position: st.at.String(), Ended: st.ended, Quiet: st.now == nil && len(st.ahead) == 0 && !st.more}
	if g.Empty() {
		st.request.Pool.Put(g)
		return e, nil
	}
	g.Position = e.Position
	e.Changes = g
	st.mu.Lock()
	st.mu.read = g.Last
	st.mu.Unlock()
	return e, nil
}

func (d *delivery) fill(ctx context.Context) error {
	st, until := d.stream, time.Now().Add(quietEvery)
	for n := 1; !d.group.Full(); n++ {
		if n%1024 == 0 && time.Now().After(until) {
			break
		}
		d.at = st.now.modified
		err := st.now.Next()
		switch {
		case errors.Is(err, io.EOF):
			if more, err := d.nextFile(ctx); !more || err != nil {
				return err
			}
			continue
		case err != nil:
			return st.failed(ctx, st.now.file, err)
		}
		if err := d.record(); err != nil {
			return err
		}
		st.at = st.now.end()
		st.at.File, st.at.Records = st.name, st.now.Records()
	}
	d.commit()
	return nil
}

// nextFile ends a file and goes on with the next one, if it is there already.
func (d *delivery) nextFile(ctx context.Context) (bool, error) {
	st := d.stream
	if err := st.now.whole(); err != nil {
		return false, err
	}
	d.commit()
	st.at = st.now.end()
	st.at.File = st.name
	st.now.close()
	st.now = nil
	_, err := st.advance(ctx)
	return st.now != nil, err
}

func (d *delivery) commit() {
	if d.group.Open {
		d.group.Commit(d.at)
	}
}

// record takes one change.
func (d *delivery) record() error {
	st, o := d.stream, d.stream.now
	if o.rows != nil {
		return d.fileChange()
	}
	if isBlank(o) {
		return nil
	}
	op, known := operation(o)
	if !known || o.Len() < lead {
		if st.source.Header && o.Records() == 1 {
			return nil
		}
		word, _ := o.Field(0)
		return &connector.Error{
			Class: connector.Data, Err: fmt.Errorf("%s is no change: it has %d fields and begins with %.20q", o.place(), o.Len(), word),
			Remedy: "write INSERT, UPDATE or DELETE, the table, its schema, and the values of its columns",
		}
	}
	name, _ := o.Field(1)
	schema, _ := o.Field(2)
	st.key = appendKey(st.key[:0], schema, name)
	to := st.tables[string(st.key)]
	switch here := (position{File: st.name, Records: o.Records(), Size: o.size}); {
	case to == nil:
		st.warnOf(o)
		return nil
	case !to.is, to.loaded && here.compare(to.since) <= 0:
		return nil
	}
	d.to, d.now = to, record{from: o, skip: lead}
	if n, want := o.Len()-lead, len(to.table.Columns); n != want {
		return d.reject(misfit{reason: fmt.Sprintf("it has %d values, and table %s has %d columns", n, to.table.Name, want)}, false)
	}
	return d.knownChange(op)
}

// knownChange takes a change whose table and operation are known.
func (d *delivery) knownChange(op change.Op) error {
	if op == change.Update && !d.to.keyed {
		return d.reject(misfit{reason: "nothing says which row it changes: no column of the table is marked with ColumnIsPk"}, false)
	}
	return d.change(op)
}

// mostWarned is how many tables without a definition are told of, longestName how much of their names: fields of files may be of any
// length.
const (
	mostWarned  = 100
	longestName = 256
)

func (st *stream) warnOf(o *opened) {
	name := st.key[:min(len(st.key), longestName)]
	if st.unknown[string(name)] || len(st.unknown) >= mostWarned {
		return
	}
	st.unknown[string(name)] = true
	table, _ := o.Field(1)
	schema, _ := o.Field(2)
	st.source.Log.Warn("changes of a table that has no definition are left out", "table", string(shown(schema))+"."+string(shown(table)), "at", o.place())
}

// change appends a change to the group, or rejects it.
func (d *delivery) change(op change.Op) error {
	c := d.group.Table(d.to.number, d.to.decoder.layouts)
	rows, wanted := &c.New, []bool(nil)
	if op == change.Delete {
		rows, wanted = &c.Old, d.to.deleted
	}
	payload, bad, err := d.to.decoder.row(rows, d.now, wanted, d.cut)
	if err != nil {
		return err
	}
	if bad.column == nil && op != change.Insert {
		bad = d.nullKey(rows)
	}
	if bad.column != nil {
		rows.CancelRow()
		return d.reject(bad, false)
	}
	rows.EndRow()
	d.group.Add(c, op, op != change.Delete, op == change.Delete, payload)
	return nil
}

// nullKey finds a null in the key of the row that is being appended.
func (d *delivery) nullKey(b *change.Batch) misfit {
	for i, is := range d.to.key {
		if is && b.Columns[i].IsNull(b.Rows()) {
			return misfit{d.to.decoder.columns[i], "is null, and part of the key that says which row is changed"}
		}
	}
	return misfit{}
}

func (d *delivery) cut(m misfit) error { return d.reject(m, true) }

func (d *delivery) reject(m misfit, kept bool) error {
	r := d.now.reject(m, kept)
	if d.stream.request.Reject == nil {
		return &connector.Error{Class: connector.Data, Err: fmt.Errorf("table %s: %w", d.to.table.Name, r)}
	}
	return d.stream.request.Reject(d.to.number, r)
}
