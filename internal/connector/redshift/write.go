package redshift

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// few is how many rows still go by INSERT: below it, a file in the bucket and a COPY take longer. mostInserted bounds the text, and
// mostParsed what json_parse takes, which is a VARCHAR.
const (
	few          = 50
	mostInserted = 1 << 20
	mostParsed   = 65535
)

// Write implements connector.ApplySession.
func (s *session) Write(ctx context.Context, sets []connector.RowSet) ([]int64, error) {
	if err := s.ready(true); err != nil {
		return nil, fmt.Errorf("apply changes: %w", err)
	}
	if s.liner == nil {
		s.liner = &liner{writer: writer{settings: s.t.settings}, null: s.t.null}
	}
	affected := make([]int64, len(sets))
	for i := range sets {
		if sets[i].Len() == 0 {
			continue
		}
		w, err := newWriting(s, &sets[i])
		if err == nil {
			affected[i], err = w.write(ctx)
		}
		if err != nil {
			return nil, err
		}
	}
	return affected, nil
}

// writing is the carrying out of one set.
type writing struct {
	s     *session
	set   *connector.RowSet
	table string
	doing string
	// before are the fields of OldColumns, after those of Columns.
	before, after []field
}

func newWriting(s *session, set *connector.RowSet) (w *writing, err error) {
	w = &writing{
		s: s, set: set, table: quoteName(set.Table.Name),
		doing: fmt.Sprintf("apply %d changes (%s) to %s", set.Len(), set.Op, set.Table.Name),
	}
	if len(set.OldColumns) > 0 {
		if w.before, err = fieldsOf(set.Table, set.OldColumns); err != nil {
			return nil, err
		}
	}
	if set.Rows != nil && set.Op != change.Delete {
		w.after, err = fieldsOf(set.Table, set.Columns)
	}
	return w, err
}

func (w *writing) write(ctx context.Context) (int64, error) {
	switch {
	case w.set.Op == change.Insert:
		return int64(w.set.Len()), w.fill(ctx, w.table, names(w.after), w.afterPart())
	case w.set.Unique && w.set.Len() == 1 && !w.long():
		return w.one(ctx)
	}
	stage, err := w.stage(ctx)
	if err != nil {
		return 0, err
	}
	var n int64
	switch {
	case !w.set.Unique:
		n, err = w.loose(ctx, stage)
	case w.set.Op == change.Delete:
		n, err = w.s.do(ctx, w.doing, "DELETE FROM "+w.table+" USING "+stage+" WHERE "+w.matches(stage))
	default:
		n, err = w.s.do(ctx, w.doing, "UPDATE "+w.table+" SET "+w.assignments(stage)+" FROM "+stage+" WHERE "+w.matches(stage))
	}
	if err == nil {
		_, err = w.s.do(ctx, w.doing, "DROP TABLE "+stage)
	}
	return n, err
}

// long reports whether a row holds a document that is too long for json_parse, and not for COPY.
func (w *writing) long() bool {
	for _, p := range [...]part{{w.after, w.set.Rows}, {w.before, w.set.Old}} {
		for c := range p.fields {
			v := &p.batch.Columns[c]
			if p.fields[c].form != superForm || v.Layout != change.Text {
				continue
			}
			for i := range w.set.Len() {
				if !v.IsNull(i) && len(v.Value(i)) > mostParsed {
					return true
				}
			}
		}
	}
	return false
}

func names(fields []field) []string {
	out := make([]string, len(fields))
	for i := range fields {
		out[i] = fields[i].column.Name
	}
	return out
}

func (w *writing) afterPart() []part  { return []part{{w.after, w.set.Rows}} }
func (w *writing) beforePart() []part { return []part{{w.before, w.set.Old}} }

// keys are the fields that identify rows, and the letter that their columns in a staging table begin with.
func (w *writing) keys() (fields []field, letter string) {
	if w.before != nil {
		return w.before, "k"
	}
	return w.after, "c"
}

// assigned are the places of the fields that an update sets: those that do not identify the row.
func (w *writing) assigned() []int {
	var places []int
	for i := range w.after {
		if w.before != nil || !isIn(w.set.Key, i) {
			places = append(places, i)
		}
	}
	if len(places) == 0 { // nothing but the key is told, which stays as it is
		places = append(places, w.set.Key[0])
	}
	return places
}

func isIn(places []int, i int) bool {
	for _, p := range places {
		if p == i {
			return true
		}
	}
	return false
}

// one makes one change of a row with a key, in one statement.
func (w *writing) one(ctx context.Context) (int64, error) {
	keys, _ := w.keys()
	batch := w.set.Rows
	if w.before != nil {
		batch = w.set.Old
	}
	var where, set []string
	for _, k := range w.set.Key {
		text, no := w.s.liner.literal(&keys[k], &batch.Columns[k], 0)
		if no != nil {
			return 0, w.refuse(no, 0)
		}
		name := quote(keys[k].column.Name)
		where = append(where, name+" = "+text)
		if keys[k].form == textForm && text != null {
			where = append(where, octets(name)+" = "+strconv.Itoa(w.s.liner.length))
		}
	}
	sql := "DELETE FROM " + w.table
	if w.set.Op == change.Update {
		for _, i := range w.assigned() {
			text, no := w.s.liner.literal(&w.after[i], &w.set.Rows.Columns[i], 0)
			if no != nil {
				return 0, w.refuse(no, 0)
			}
			set = append(set, quote(w.after[i].column.Name)+" = "+text)
		}
		sql = "UPDATE " + w.table + " SET " + strings.Join(set, ", ")
	}
	return w.s.do(ctx, w.doing, sql+" WHERE "+strings.Join(where, " AND "))
}

// refuse is the error for a value that cannot be sent; nothing was.
func (w *writing) refuse(no *refused, row int) error {
	fields, batch := w.after, w.set.Rows
	if batch == nil || w.set.Op == change.Delete {
		fields, batch = w.before, w.set.Old
	}
	var columns []connector.LoadColumn
	for i := range fields {
		columns = append(columns, connector.LoadColumn{Column: fields[i].column})
	}
	var key []string
	if k := w.set.Table.PrimaryKey; k != nil {
		key = k.Columns
	}
	r := change.Reject{Fault: no.why.fault, Column: no.column, Key: keyOf(key, columns, batch, row), Reason: no.why.reason}
	return &connector.Error{Class: connector.Data, Err: fmt.Errorf("%s: %w", w.doing, r)}
}

// stage puts the rows of a set into a temporary table: c0, c1 … as they are now, k0, k1 … as they were.
func (w *writing) stage(ctx context.Context) (string, error) {
	w.s.stages++
	stage := "awsdms_changes" + strconv.Itoa(w.s.stages)
	var columns, selected []string
	var parts []part
	add := func(letter string, fields []field, p []part) {
		for i := range fields {
			name := letter + strconv.Itoa(i)
			columns, selected = append(columns, name), append(selected, quote(fields[i].column.Name)+" AS "+name)
		}
		parts = append(parts, p...)
	}
	if w.set.Op == change.Update {
		add("c", w.after, w.afterPart())
	}
	if w.before != nil {
		add("k", w.before, w.beforePart())
	}
	sql := "CREATE TEMP TABLE " + stage + " AS SELECT " + strings.Join(selected, ", ") + " FROM " + w.table + " WHERE 1 = 0"
	if _, err := w.s.do(ctx, w.doing, sql); err != nil {
		return "", err
	}
	return stage, w.fill(ctx, stage, columns, parts)
}

// fill puts rows into a table.
func (w *writing) fill(ctx context.Context, table string, columns []string, parts []part) error {
	n := w.set.Len()
	if n < few && !w.long() {
		sql, err := w.insertSQL(table, columns, parts, n)
		if err != nil {
			return err
		}
		if sql != "" {
			_, err = w.s.do(ctx, w.doing, sql)
			return err
		}
	}
	return w.copy(ctx, table, columns, parts, n)
}

// insertSQL writes rows as one INSERT; nothing when that becomes too long.
func (w *writing) insertSQL(table string, columns []string, parts []part, n int) (string, error) {
	var b strings.Builder
	b.WriteString("INSERT INTO " + table + " (" + quoteNames(columns) + ") VALUES ")
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteByte('(')
		if no := w.s.liner.literals(&b, parts, i); no != nil {
			return "", w.refuse(no, i)
		}
		b.WriteByte(')')
		if b.Len() > mostInserted {
			return "", nil
		}
	}
	return b.String(), nil
}

// copy has COPY take the rows from a file in the bucket, which stays there until the transaction is over.
func (w *writing) copy(ctx context.Context, table string, columns []string, parts []part, n int) error {
	keys, err := w.upload(ctx, parts, n)
	if err != nil {
		return err
	}
	t := w.s.t
	m, err := t.stageManifest(ctx, keys)
	if err != nil {
		return classify(ctx, w.doing, err)
	}
	w.s.staged = append(append(w.s.staged, keys...), m)
	sql := t.copySQL(copying{into: table, columns: columns, manifest: m, null: t.null, explicit: t.settings.explicitIDs && table == w.table})
	if _, err := t.copyIn(ctx, w.s.c, sql, int64(n), 0); err != nil {
		return w.s.broken(ctx, w.doing, err)
	}
	if err := w.s.redo.add(sql); err != nil {
		return w.s.broken(ctx, w.doing, err)
	}
	return nil
}

// upload writes the rows into files.
func (w *writing) upload(ctx context.Context, parts []part, n int) (keys []string, err error) {
	t := w.s.t
	f := t.newFile(ctx, w.s.run, changes)
	defer func() {
		if err != nil {
			f.abandon()
			t.discard(keys)
		}
	}()
	var lines []byte
	for i := range n {
		var no *refused
		if lines, _, no = w.s.liner.append(lines, parts, i); no != nil {
			return keys, w.refuse(no, i)
		}
		if len(lines) < linesAtOnce && i < n-1 {
			continue
		}
		if _, err := f.Write(lines); err != nil {
			return keys, classify(ctx, w.doing, err)
		}
		lines = lines[:0]
		if f.text < t.settings.maxFile && i < n-1 {
			continue
		}
		keys = append(keys, f.key)
		if err := f.finish(); err != nil {
			return keys, classify(ctx, w.doing, err)
		}
		f = t.newFile(ctx, w.s.run, changes)
	}
	return keys, nil
}

// matches compares the identifying columns of the table with those of a staging table.
func (w *writing) matches(stage string) string {
	fields, letter := w.keys()
	var all []string
	for _, k := range w.set.Key {
		here, there := w.table+"."+quote(fields[k].column.Name), stage+"."+letter+strconv.Itoa(k)
		all = append(all, here+" = "+there)
		if fields[k].form == textForm {
			all = append(all, octets(here)+" = "+octets(there))
		}
	}
	return strings.Join(all, " AND ")
}

// assignments sets the columns of the table to those of a staging table.
func (w *writing) assignments(stage string) string {
	var all []string
	for _, i := range w.assigned() {
		all = append(all, quote(w.after[i].column.Name)+" = "+stage+".c"+strconv.Itoa(i))
	}
	return strings.Join(all, ", ")
}

// octets tells texts apart that blanks at their end alone make different: Redshift compares a VARCHAR without those (Database Developer
// Guide, "Character types").
func octets(expression string) string { return "octet_length(" + expression + ")" }
