package mysql

import (
	"errors"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/change"
)

// reject passes a refused row on to the request's Reject; an error that is no refusal is returned.
func (l *loadBase) reject(b *change.Batch, i int, err error) error {
	var r *refusal
	if !errors.As(err, &r) {
		return err
	}
	return l.request.Reject(change.Reject{Fault: r.fault, Column: r.column, Key: l.keyOf(b, i), Reason: r.reason})
}

// keyOf describes row i by the values of the table's primary key, or else of its first column.
func (l *loadBase) keyOf(b *change.Batch, i int) string {
	names := []string{l.columns[0].name}
	if k := l.request.Table.PrimaryKey; k != nil {
		names = k.Columns
	}
	var parts []string
	for _, n := range names {
		for c := range l.columns {
			if l.columns[c].name == n {
				parts = append(parts, n+"="+l.columns[c].describe(&b.Columns[c], i))
			}
		}
	}
	return strings.Join(parts, ", ")
}

// describe is a value for people, at most a hundred bytes of it.
func (e *cellEncoder) describe(v *change.Vector, i int) string {
	if v.IsNull(i) {
		return "NULL"
	}
	text, err := e.appendValue(nil, v, i)
	if err != nil {
		return "(a value that the column refuses)"
	}
	return strings.ToValidUTF8(string(text[:min(len(text), 100)]), "?")
}
