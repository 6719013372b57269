package postgres

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// reading is one COPY of a segment into batches.
type reading struct {
	w       *wire
	r       *connector.ReadRequest
	columns []inflow
	layouts []change.Layout
	batch   *change.Batch
	started bool // the stream's header has been read
	ended   bool // its trailer too
}

// Read implements connector.Snapshot.
func (s *snapshot) Read(ctx context.Context, r connector.ReadRequest) (err error) {
	w, err := s.readers.get(ctx)
	if err != nil {
		return classify(ctx, "get a reader", err)
	}
	defer func() { s.give(w, err) }()
	in, from, err := s.plan(ctx, w, &r)
	if err != nil {
		return err
	}
	rd := &reading{w: w, r: &r, columns: in}
	for _, c := range r.Columns {
		rd.layouts = append(rd.layouts, c.Layout)
	}
	defer w.watch(ctx)()
	if err := w.startCopy("COPY "+from+" TO STDOUT (FORMAT binary)", 'H'); err != nil {
		return classify(ctx, "read "+r.Table.Name.String(), err)
	}
	if err := rd.run(ctx); err != nil {
		w.cut()
		rd.release()
		return err
	}
	return nil
}

// plan writes what a request has COPY read.
func (s *snapshot) plan(ctx context.Context, w *wire, r *connector.ReadRequest) ([]inflow, string, error) {
	all, err := s.attributes(ctx, w, r.Table.Name)
	if err != nil {
		return nil, "", err
	}
	text, err := textOnly(all, r.Columns)
	if err != nil {
		return nil, "", invalid(r.Table, err)
	}
	in := make([]inflow, len(r.Columns))
	expressions := make([]string, len(r.Columns))
	for i, c := range r.Columns {
		a, err := find(all, c.Column.Name)
		switch {
		case err == nil && c.Expression != "":
			in[i] = inflow{expression: "(" + c.In(quote(a.name)) + ")::pg_catalog.text", decode: decodeVerbatim, verbatim: true}
		case err == nil:
			in[i], err = inflowOf(a, c.Layout, text)
		}
		if err != nil {
			return nil, "", invalid(r.Table, err)
		}
		expressions[i] = in[i].expression
	}
	from, err := copyFrom(r, expressions, all)
	if err != nil {
		return nil, "", invalid(r.Table, err)
	}
	return in, from, nil
}

func invalid(t *catalog.Table, err error) error {
	return &connector.Error{Class: connector.Invalid, Err: fmt.Errorf("read %s: %w", t.Name, err)}
}

// textOnly decides how Native columns travel: as binary fields, or all as text when one of them has no portable binary
// form. The loader comes to the same answer from the target's columns (see loadFormat).
func textOnly(all []attribute, columns []connector.ReadColumn) (bool, error) {
	for _, c := range columns {
		if c.Layout != change.Native {
			continue
		}
		a, err := find(all, c.Column.Name)
		if err != nil {
			return false, err
		}
		if !a.portable {
			return true, nil
		}
	}
	return false, nil
}

// copyFrom writes what COPY reads of a segment: a query, or a table and columns of it, for which no query need be planned. That takes the
// server a quarter of the time that it has for a small table.
func copyFrom(r *connector.ReadRequest, expressions []string, all []attribute) (string, error) {
	spec, err := specOf(r)
	if err != nil {
		return "", err
	}
	if len(expressions) > 0 && spec == (segmentSpec{Table: r.Table.Name}) && len(r.Where) == 0 && r.Part == nil && plain(expressions, all) {
		return quoteName(spec.Table) + " (" + strings.Join(expressions, ", ") + ")", nil
	}
	sql, err := selectSQL(r, expressions, all)
	return "(" + sql + ")", err
}

// plain reports whether the expressions are columns that an ordinary table holds: COPY computes none.
func plain(expressions []string, all []attribute) bool {
	held := make(map[string]bool, len(all))
	for _, a := range all {
		held[quote(a.name)] = a.ofTable && !a.generated
	}
	return !slices.ContainsFunc(expressions, func(e string) bool { return !held[e] })
}

// specOf says which rows a request is for.
func specOf(r *connector.ReadRequest) (segmentSpec, error) {
	spec := segmentSpec{Table: r.Table.Name, Whole: r.Table.PartitionBy != ""}
	if r.Segment.Spec == "" {
		return spec, nil
	}
	if err := json.Unmarshal([]byte(r.Segment.Spec), &spec); err != nil {
		return spec, fmt.Errorf("segment %d: %w", r.Segment.Number, err)
	}
	return spec, nil
}

// selectSQL writes the query of a segment.
func selectSQL(r *connector.ReadRequest, expressions []string, all []attribute) (string, error) {
	spec, err := specOf(r)
	if err != nil {
		return "", err
	}
	conditions := spec.conditions()
	for _, p := range r.Where {
		a, err := find(all, p.Column)
		if err != nil {
			return "", fmt.Errorf("filter: %w", err)
		}
		c, err := condition(a, p)
		if err != nil {
			return "", fmt.Errorf("filter on %q: %w", p.Column, err)
		}
		conditions = append(conditions, c)
	}
	if r.Part != nil {
		conditions = append(conditions, partConditions(*r.Part)...)
	}
	var b strings.Builder
	b.WriteString("SELECT ")
	b.WriteString(strings.Join(expressions, ", "))
	b.WriteString(" FROM ")
	if !spec.Whole {
		b.WriteString("ONLY ")
	}
	b.WriteString(quoteName(spec.Table))
	if len(conditions) > 0 {
		b.WriteString(" WHERE ")
		b.WriteString(strings.Join(conditions, " AND "))
	}
	return b.String(), nil
}

// run reads the stream to its end.
func (rd *reading) run(ctx context.Context) error {
	for {
		kind, size, err := rd.w.in.next()
		if err == nil && kind == 'd' {
			err = rd.data(ctx, size)
			if err == nil {
				continue
			}
			if e, ok := err.(emitError); ok { //nolint:errorlint // made a few lines below, never wrapped
				return e.error
			}
		}
		if err != nil {
			return classify(ctx, "read "+rd.r.Table.Name.String(), err)
		}
		body, err := rd.w.in.take(size)
		if err != nil {
			return classify(ctx, "read "+rd.r.Table.Name.String(), err)
		}
		switch kind {
		case 'E':
			return classify(ctx, "read "+rd.r.Table.Name.String(), rd.w.who.explain(serverError(body), quoteName(rd.r.Table.Name)))
		case 'c':
			return rd.finish(ctx)
		}
	}
}

func (rd *reading) finish(ctx context.Context) error {
	_, err := rd.w.drain()
	if err == nil && !rd.ended {
		err = fmt.Errorf("%w: the stream has no end mark", errMalformed)
	}
	if err != nil {
		return classify(ctx, "read "+rd.r.Table.Name.String(), err)
	}
	if rd.batch != nil && rd.batch.Rows() > 0 {
		return rd.emit()
	}
	rd.release()
	return nil
}

// emitError marks an error of the receiver, which is returned as it is.
type emitError struct{ error }

func (rd *reading) emit() error {
	b := rd.batch
	rd.batch = nil
	return rd.r.Emit(b)
}

func (rd *reading) release() {
	if rd.batch != nil {
		rd.r.Pool.Put(rd.batch)
		rd.batch = nil
	}
}

var copySignature = []byte("PGCOPY\n\xff\r\n\x00")

// data takes one CopyData frame, which holds whole rows: the server sends a frame for each.
func (rd *reading) data(ctx context.Context, size int) error {
	if rd.batch == nil {
		b, err := rd.r.Pool.Get(ctx, rd.layouts)
		if err != nil {
			return emitError{err}
		}
		rd.batch = b
	}
	if size > len(rd.w.in.buf) {
		if err := rd.large(size); err != nil {
			return err
		}
	} else {
		p, err := rd.w.in.take(size)
		if err == nil {
			err = rd.rows(p)
		}
		if err != nil {
			return err
		}
	}
	if rd.batch.Full() || size > len(rd.w.in.buf)/2 && rd.batch.Size() >= change.MaxBatchBytes {
		if err := rd.emit(); err != nil {
			return emitError{err}
		}
	}
	return nil
}

// header skips the stream's header and returns what follows.
func header(p []byte) ([]byte, error) {
	if !bytes.HasPrefix(p, copySignature) || len(p) < 19 {
		return nil, fmt.Errorf("%w: not a binary COPY stream", errMalformed)
	}
	extension := int(binary.BigEndian.Uint32(p[15:]))
	if extension > len(p)-19 {
		return nil, errMalformed
	}
	return p[19+extension:], nil
}

// rows decodes a frame that lies whole in the buffer.
func (rd *reading) rows(p []byte) (err error) {
	if !rd.started {
		if p, err = header(p); err != nil {
			return err
		}
		rd.started = true
	}
	for len(p) > 0 {
		if rd.ended || len(p) < 2 {
			return errMalformed
		}
		count := int(int16(binary.BigEndian.Uint16(p)))
		p = p[2:]
		if count == -1 {
			rd.ended = true
			continue
		}
		if count != len(rd.columns) {
			return fmt.Errorf("%w: a row of %d columns where %d were due", errMalformed, count, len(rd.columns))
		}
		if p, err = decodeRow(rd.columns, rd.batch, p); err != nil {
			return err
		}
		rd.batch.EndRow()
	}
	return nil
}

// decodeRow decodes the fields of one row and returns what follows them.
func decodeRow(columns []inflow, b *change.Batch, p []byte) ([]byte, error) {
	for i := range columns {
		if len(p) < 4 {
			return nil, errMalformed
		}
		size := int(int32(binary.BigEndian.Uint32(p)))
		p = p[4:]
		if size == -1 {
			b.Columns[i].AppendNull()
			continue
		}
		if size < 0 || size > len(p) {
			return nil, errMalformed
		}
		if err := columns[i].decode(&b.Columns[i], p[:size]); err != nil {
			return nil, err
		}
		p = p[size:]
	}
	return p, nil
}

// large decodes one row whose frame is larger than the buffer; large values go from the socket into the batch.
func (rd *reading) large(left int) error {
	in := &rd.w.in
	take := func(n int) ([]byte, error) {
		if left -= n; left < 0 {
			return nil, errMalformed
		}
		return in.take(n)
	}
	if !rd.started {
		p, err := take(19)
		if err != nil {
			return err
		}
		if p, err = header(p); err != nil || len(p) > 0 {
			return errMalformed
		}
		rd.started = true
	}
	p, err := take(2)
	if err != nil {
		return err
	}
	if rd.ended || int(binary.BigEndian.Uint16(p)) != len(rd.columns) {
		return fmt.Errorf("%w: a row of another width", errMalformed)
	}
	for i := range rd.columns {
		c, v := &rd.columns[i], &rd.batch.Columns[i]
		if p, err = take(4); err != nil {
			return err
		}
		size := int(int32(binary.BigEndian.Uint32(p)))
		switch {
		case size == -1:
			v.AppendNull()
		case size < 0 || size > left:
			return errMalformed
		case c.verbatim && size > smallBuffer:
			left -= size
			if _, err := in.take(c.skip); err != nil {
				return err
			}
			if err := readValue(in, v, size-c.skip); err != nil {
				return err
			}
		default:
			if p, err = take(size); err == nil {
				err = c.decode(v, p)
			}
			if err != nil {
				return err
			}
		}
	}
	if left != 0 {
		return errMalformed
	}
	rd.batch.EndRow()
	return nil
}

// readValue reads a value straight into a vector. The vector grows as the bytes come in, not as the server says.
func readValue(in *frames, v *change.Vector, size int) error {
	for step := largeFrame; size > 0; step *= 8 {
		n, at := min(size, step), len(v.Data)
		v.Data = slices.Grow(v.Data, n)[:at+n]
		if err := in.readInto(v.Data[at:]); err != nil {
			return err
		}
		size -= n
	}
	v.Seal()
	return nil
}
