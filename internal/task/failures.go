package task

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/datatype"
	"github.com/whimbreldb/whimbrel/internal/typemap"
	"github.com/whimbreldb/whimbrel/internal/validate"
)

// The sizes of awsdms_validation_failures: AWS DMS user guide, "Data validation" and "Data resync".
const (
	failureKeySize     = 7800
	failureDetailsSize = 7000
)

// failureColumn is a column of awsdms_validation_failures.
type failureColumn struct {
	name string
	kind datatype.Type
}

func sized(n int) datatype.Type { return datatype.Type{Kind: datatype.WString, Length: n} }

// failureColumns are those that validation writes, in this order.
func failureColumns(v2 bool) []failureColumn {
	details := failureKeySize
	if v2 {
		details = failureDetailsSize
	}
	return []failureColumn{
		{"TASK_NAME", sized(128)}, {"TABLE_OWNER", sized(128)}, {"TABLE_NAME", sized(128)}, {"FAILURE_TIME", datatype.Type{Kind: datatype.DateTime, Scale: 3}},
		{"KEY_TYPE", sized(128)}, {"KEY", sized(failureKeySize)}, {"FAILURE_TYPE", sized(128)}, {"DETAILS", sized(details)},
	}
}

// resyncColumns say, in awsdms_validation_failures_v2, what a resync has done with a row.
var resyncColumns = []failureColumn{
	{"RESYNC_RESULT", sized(128)}, {"RESYNC_TIME", datatype.Type{Kind: datatype.DateTime, Scale: 3}}, {"RESYNC_ACTION", sized(128)},
}

func (r *run) failureTableName() catalog.Name {
	n := catalog.Name{Schema: r.controlSchema(), Name: "awsdms_validation_failures_v1"}
	if r.targetEngine.Family == catalog.PostgreSQL {
		n.Name = "awsdms_validation_failures_v2"
	}
	return n
}

// failureTable makes awsdms_validation_failures_v2, which PostgreSQL targets have, or _v1.
func (r *run) failureTable(ctx context.Context) (*catalog.Table, error) {
	v2 := r.targetEngine.Family == catalog.PostgreSQL
	t := &catalog.Table{Name: r.failureTableName()}
	add := func(c failureColumn, notNull bool) *catalog.Column {
		native := typemap.To(r.targetEngine.Family, c.kind, typemap.Use{})
		base, _ := typemap.FromNative(r.targetEngine.Family, native)
		column := &catalog.Column{Name: c.name, NativeType: native, BaseType: base, Type: c.kind, NotNull: notNull}
		t.Columns = append(t.Columns, column)
		return column
	}
	if v2 {
		id := add(failureColumn{"RESYNC_ID", datatype.Type{Kind: datatype.Int8}}, true)
		id.Identity = catalog.Identity{Kind: catalog.IdentityByDefault, Start: 1}
		t.PrimaryKey = &catalog.Key{Columns: []string{"RESYNC_ID"}}
	}
	for _, c := range failureColumns(v2) {
		add(c, true)
	}
	if v2 {
		for _, c := range resyncColumns {
			add(c, false)
		}
	}
	there, err := r.target.Exists(ctx, catalog.Ref{Kind: catalog.TableRef, Name: t.Name})
	if err != nil {
		return nil, err
	}
	if v2 && !there { // one that AWS DMS has made has its own
		t.Indexes = []*catalog.Index{failureIndex()}
	}
	script := r.dialect.Script(t, true)
	statements := append(r.dialect.CreateSchema(&catalog.Schema{Name: t.Name.Schema}), script.Create...)
	if err := r.make(ctx, slices.Concat(statements, script.Keys, script.Indexes)); err != nil {
		return nil, err
	}
	found, err := r.target.Describe(ctx, []catalog.Name{t.Name})
	if err != nil {
		return nil, err
	}
	if there := found[t.Name]; there != nil {
		t = there.Table // as it is: it may be one that AWS DMS has made
	}
	return t, nil
}

// failureIndex is the index of awsdms_validation_failures_v2: AWS DMS user guide, "Data validation", troubleshooting.
func failureIndex() *catalog.Index {
	i := &catalog.Index{Name: "awsdms_validation_failures_v2_idx"}
	for _, name := range []string{"TASK_NAME", "TABLE_OWNER", "TABLE_NAME", "FAILURE_TYPE", "FAILURE_TIME"} {
		i.Parts = append(i.Parts, catalog.IndexPart{Column: name})
	}
	return i
}

// writeFailures keeps failures in the target's awsdms_validation_failures, in the place of what an earlier run of the task has left of these
// tables.
func (r *run) writeFailures(ctx context.Context, results []*validate.Result) error {
	if len(results) == 0 {
		return nil
	}
	return r.patiently(ctx, "write the validation failures", func() error {
		if err := r.keepFailures(ctx, results, true); err != nil {
			return fmt.Errorf("write awsdms_validation_failures: %w", err)
		}
		return nil
	})
}

func (r *run) keepFailures(ctx context.Context, results []*validate.Result, replace bool) error {
	if files, ok := r.target.(connector.ReadBackFiles); ok {
		return r.fileFailures(ctx, files, results)
	}
	applier, ok := r.target.(connector.Applier)
	if !ok {
		return fmt.Errorf("a %s target does not take single rows", r.targetEngine.Name)
	}
	t, err := r.failureTable(ctx)
	if err != nil {
		return err
	}
	session, err := applier.Apply(ctx, connector.ApplyOptions{Run: "validation"})
	if err != nil {
		return err
	}
	defer func() { _ = session.Close() }()
	if err := session.Begin(ctx); err != nil {
		return err
	}
	for _, v := range results {
		if v == nil {
			continue
		}
		if err := r.tableFailures(ctx, session, t, v, replace); err != nil {
			_ = session.Rollback(context.WithoutCancel(ctx))
			return err
		}
	}
	if err := session.Commit(ctx, connector.Checkpoint{}); err != nil {
		return err
	}
	return session.Sync(ctx)
}

// failureRows is how many rows go into one set.
const failureRows = 500

func (r *run) tableFailures(ctx context.Context, s connector.ApplySession, t *catalog.Table, v *validate.Result, replace bool) error {
	v2 := t.Column("RESYNC_ID") != nil
	columns, failures := failureColumns(v2), v.Failures
	if v2 {
		columns, failures = append(columns, resyncColumns...), slices.Concat(failures, v.Mended)
	}
	var load []connector.LoadColumn
	var layouts []change.Layout
	for _, c := range columns {
		column := failureColumnOf(t, c.name)
		if column == nil {
			return fmt.Errorf("table %s has no column %s", t.Name, c.name)
		}
		load = append(load, connector.LoadColumn{Column: column, Layout: change.LayoutOf(c.kind)})
		layouts = append(layouts, change.LayoutOf(c.kind))
	}
	if why := unfinished(v); why != "" && replace {
		failures = append(slices.Clip(failures), validate.Failure{Kind: validate.TableWarning, Why: why})
	}
	if replace {
		if err := r.forgetFailures(ctx, s, t, v, load[:3], layouts[:3]); err != nil {
			return err
		}
	}
	now := momentOf(time.Now())
	for part := range slices.Chunk(failures, failureRows) {
		var b change.Batch
		b.Reset(layouts)
		for _, f := range part {
			texts := []string{r.Name, v.Target.Schema, v.Target.Name, "", "Row", failureKey(f), string(f.Kind), failureDetails(f, columns[7].kind.Length)}
			for i, text := range texts {
				if layouts[i] == change.Text {
					b.Columns[i].AppendString(cutTo(text, columns[i].kind.Length))
				} else {
					b.Columns[i].AppendInt(now)
				}
			}
			if v2 {
				appendResynced(b.Columns[len(texts):], f.Resynced)
			}
			b.EndRow()
		}
		if _, err := s.Write(ctx, []connector.RowSet{{Op: change.Insert, Table: t, Columns: load, Rows: &b}}); err != nil {
			return err
		}
	}
	return nil
}

// failureColumnOf is a column by its name, which Redshift keeps in small letters.
func failureColumnOf(t *catalog.Table, name string) *catalog.Column {
	for _, c := range t.Columns {
		if strings.EqualFold(c.Name, name) {
			return c
		}
	}
	return nil
}

// unfinished says why a table, or some of its rows, were not compared; empty when all were.
func unfinished(v *validate.Result) string {
	switch {
	case v.Given != "":
		return v.Given
	case v.Suspended > 0 && v.Reason == "":
		return fmt.Sprintf("%d rows were suspended: they kept changing, or their key is longer than MaxKeyColumnSize", v.Suspended)
	case v.Suspended > 0, v.State == validate.TableError, v.State == validate.SuspendedRecords:
		return v.Reason
	}
	return ""
}

// appendResynced appends the values of resyncColumns: SUCCESS or FAILURE, when, and UPSERT or DELETE.
func appendResynced(to []change.Vector, s *validate.Resynced) {
	if s == nil {
		for i := range resyncColumns {
			to[i].AppendNull()
		}
		return
	}
	result, action := "SUCCESS", "UPSERT"
	if s.Why != "" {
		result = "FAILURE"
	}
	if s.Deleted {
		action = "DELETE"
	}
	to[0].AppendString(result)
	to[1].AppendInt(momentOf(s.At))
	to[2].AppendString(action)
}

// forgetFailures removes what the table holds of this task and table. A row set takes rows one for one, so it goes on, with ever more of
// them at once, until there are fewer.
func (r *run) forgetFailures(ctx context.Context, s connector.ApplySession, t *catalog.Table, v *validate.Result, load []connector.LoadColumn, layouts []change.Layout) error {
	for n := 1; ; n = min(8*n, failureRows) {
		var old change.Batch
		old.Reset(layouts)
		for range n {
			for i, text := range []string{r.Name, v.Target.Schema, v.Target.Name} {
				old.Columns[i].AppendString(cutTo(text, 128))
			}
			old.EndRow()
		}
		affected, err := s.Write(ctx, []connector.RowSet{{Op: change.Delete, Table: t, OldColumns: load, Old: &old, Key: []int{0, 1, 2}}})
		if err != nil || affected[0] < int64(n) {
			return err
		}
	}
}

// momentOf is a time as vectors hold it, in UTC.
func momentOf(t time.Time) int64 {
	u := t.UTC().Truncate(time.Millisecond)
	day := change.DayOf(u.Year(), int(u.Month()), u.Day())
	return int64(day.At(int64(u.Sub(time.Date(u.Year(), u.Month(), u.Day(), 0, 0, 0, 0, time.UTC)) / time.Microsecond)))
}
