package expr

import (
	"crypto/rand"
	"encoding/binary"

	"github.com/whimbreldb/whimbrel/internal/change"
)

// node is a part of a compiled expression.
type node interface {
	eval(f *frame) Value
	affinity() affinity
}

// affinity is the type that SQLite's comparisons lean to.
type affinity uint8

const (
	noAffinity affinity = iota
	blobAffinity
	textAffinity
	numericAffinity
	integerAffinity
	realAffinity
)

// plain is embedded in nodes without affinity.
type plain struct{}

func (plain) affinity() affinity { return noAffinity }

// frame is the state of one evaluation.
type frame struct {
	batch *change.Batch
	row   int
	env   *Environment
	named map[string]string // values of rename expressions
	arena []byte            // texts made during the evaluation
	err   error
}

// text is the value as text; ok is false for NULL.
func (f *frame) text(v Value) (p []byte, ok bool) {
	switch v.Class {
	case Null:
		return nil, false
	case Integer, Real:
		start := len(f.arena)
		f.arena = v.AppendText(f.arena)
		return f.since(start), true
	default:
		return v.Bytes, true
	}
}

// since is what was appended to the arena from start on.
func (f *frame) since(start int) []byte { return f.arena[start:len(f.arena):len(f.arena)] }

func (f *frame) fail(err error) Value {
	if f.err == nil {
		f.err = err
	}
	return Value{}
}

func (f *frame) random() int64 {
	var buf [8]byte
	_, _ = rand.Read(buf[:]) // never fails: it ends the program instead
	return int64(binary.LittleEndian.Uint64(buf[:]))
}

// constant is a literal; word tells TRUE and FALSE from 1 and 0.
type constant struct {
	plain
	v    Value
	word bool
}

func (n *constant) eval(*frame) Value { return n.v }

// named is a reference whose value is given by name, as in rename expressions.
type named struct {
	plain
	name string
}

func (n *named) eval(f *frame) Value { return text([]byte(f.named[n.name])) }

// column is a reference to a bound column.
type column struct {
	index  int
	layout change.Layout
}

func (n *column) affinity() affinity {
	switch n.layout {
	case change.Bool, change.Int64:
		return integerAffinity
	case change.Float32, change.Float64:
		return realAffinity
	case change.Uint64, change.Decimal:
		return numericAffinity
	case change.Bytes:
		return blobAffinity
	}
	return textAffinity
}

func (n *column) eval(f *frame) Value {
	v := &f.batch.Columns[n.index]
	if v.IsNull(f.row) {
		return Value{}
	}
	switch n.layout {
	case change.Bool, change.Int64:
		return integer(v.Ints[f.row])
	case change.Float32, change.Float64:
		return number(v.Floats[f.row] + 0) // SQLite stores no negative zero
	case change.Decimal:
		return Value{Class: Decimal, Bytes: v.Value(f.row)}
	case change.Text:
		return text(v.Value(f.row))
	case change.Bytes:
		return blob(v.Value(f.row))
	}
	return n.written(f, v)
}

// written evaluates layouts that have no storage class: as texts, and large unsigned integers as decimals.
func (n *column) written(f *frame, v *change.Vector) Value {
	start := len(f.arena)
	switch n.layout {
	case change.Uint64:
		if i := v.Ints[f.row]; i >= 0 {
			return integer(i)
		}
		f.arena = change.AppendValue(f.arena, v, f.row, 0)
		return Value{Class: Decimal, Bytes: f.since(start)}
	case change.Instant:
		f.arena = change.AppendMoment(f.arena, change.Moment(v.Ints[f.row]), 0)
	default:
		f.arena = change.AppendValue(f.arena, v, f.row, 0)
	}
	return text(f.since(start))
}
