package expr

import (
	"time"

	"github.com/whimbreldb/whimbrel/internal/change"
)

// Environment holds what the placeholders of DMS stand for.
type Environment struct {
	SourceSchema, SourceTable string
	// Column and ColumnType describe the column that the expression fills.
	Column, ColumnType            string
	ModifiedSchema, ModifiedTable string
	// Now gives the time for the header timestamps and for 'now'; nil means time.Now.
	Now func() time.Time
	// Change is the one that made the row; during a full load every row is an insert, and all else zero.
	Change Change
}

// Change is what expressions may ask of a change.
type Change struct {
	Op        change.Op
	Committed time.Time
	// Place is how the source names the transaction, Number which change of all it is.
	Place, Number string
}

// committed is when the row came to be what it is: a row of a full load does when it is read.
func (e *Environment) committed() time.Time {
	if e == nil || e.Change.Committed.IsZero() {
		return e.now()
	}
	return e.Change.Committed.UTC()
}

func (e *Environment) now() time.Time {
	if e == nil || e.Now == nil {
		return time.Now().UTC()
	}
	return e.Now().UTC()
}

// placeholder is a $AR_… name.
type placeholder struct {
	plain
	value func(e *Environment) string
}

func (n *placeholder) eval(f *frame) Value {
	if f.env == nil {
		return Value{}
	}
	start := len(f.arena)
	f.arena = append(f.arena, n.value(f.env)...)
	return text(f.since(start))
}

// timestamp is $AR_H_TIMESTAMP and $AR_H_COMMIT_TIMESTAMP: DATETIME with seven fractional digits, of which the last is always 0.
type timestamp struct{ plain }

func (timestamp) eval(f *frame) Value {
	start := len(f.arena)
	f.arena = f.env.committed().AppendFormat(f.arena, "2006-01-02 15:04:05.000000")
	f.arena = append(f.arena, '0')
	return text(f.since(start))
}

// placeholderNode returns the node of a placeholder, nil when the name is none.
func placeholderNode(name string) node {
	var value func(e *Environment) string
	switch name {
	case "AR_M_SOURCE_SCHEMA":
		value = func(e *Environment) string { return e.SourceSchema }
	case "AR_M_SOURCE_TABLE_NAME":
		value = func(e *Environment) string { return e.SourceTable }
	case "AR_M_SOURCE_COLUMN_NAME":
		value = func(e *Environment) string { return e.Column }
	case "AR_M_SOURCE_COLUMN_DATATYPE":
		value = func(e *Environment) string { return e.ColumnType }
	case "AR_M_MODIFIED_SCHEMA":
		value = func(e *Environment) string { return e.ModifiedSchema }
	case "AR_M_MODIFIED_TABLE_NAME":
		value = func(e *Environment) string { return e.ModifiedTable }
	case "AR_H_OPERATION":
		value = func(e *Environment) string { return e.Change.Op.String() }
	case "AR_H_STREAM_POSITION":
		value = func(e *Environment) string { return e.Change.Place }
	case "AR_H_CHANGE_SEQ":
		value = func(e *Environment) string { return e.Change.Number }
	case "AR_H_USER":
		value = func(*Environment) string { return "" }
	case "AR_H_TIMESTAMP", "AR_H_COMMIT_TIMESTAMP":
		return timestamp{}
	default:
		return nil
	}
	return &placeholder{value: value}
}
