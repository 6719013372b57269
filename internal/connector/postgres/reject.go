package postgres

import (
	"fmt"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/change"
)

// reject hands a refused row to the load's owner.
func (l *loader) reject(b *change.Batch, i int, no refusal) error {
	fault := change.DataFault
	if strings.HasPrefix(no.reason, tooLong) {
		fault = change.TruncationFault
	}
	r := change.Reject{Fault: fault, Column: l.columns[no.column].name, Key: l.key(b, i), Reason: "the value " + no.reason}
	if v := &b.Columns[no.column]; v.Layout.Holds() == change.InData {
		r.Reason += ": " + excerpt(v.Value(i))
	}
	return l.refuse(r)
}

func (l *loader) refuse(r change.Reject) error {
	if l.r.Reject == nil {
		return fmt.Errorf("load %s: %w", l.r.Table.Name, r)
	}
	return l.r.Reject(r)
}

const maxExcerpt = 100

func excerpt(p []byte) string {
	if len(p) > maxExcerpt {
		return fmt.Sprintf("%q… (%d bytes)", p[:maxExcerpt], len(p))
	}
	return fmt.Sprintf("%q", p)
}

// key describes a row by its primary key, or by the first unique one; without either by its place in the batch.
func (l *loader) key(b *change.Batch, i int) string {
	names := l.keyColumns()
	var parts []string
	for c, column := range l.r.Columns {
		for _, n := range names {
			if n == column.Column.Name {
				parts = append(parts, n+"="+cell(&b.Columns[c], i))
			}
		}
	}
	if len(parts) == 0 {
		return fmt.Sprintf("row %d of segment %d", l.seen+int64(i)+1, max(l.r.Mark.Segment.Number, 1))
	}
	return strings.Join(parts, ", ")
}

func (l *loader) keyColumns() []string {
	switch t := l.r.Table; {
	case t.PrimaryKey != nil:
		return t.PrimaryKey.Columns
	case len(t.Uniques) > 0:
		return t.Uniques[0].Columns
	}
	return nil
}

func cell(v *change.Vector, i int) string {
	if v.IsNull(i) {
		return "null"
	}
	if v.Layout == change.Native || v.Layout == change.Bytes {
		return fmt.Sprintf("%.200x", v.Value(i))
	}
	return fmt.Sprintf("%.200s", appendTextual(nil, v, i))
}
