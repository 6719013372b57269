package catalog

import (
	"slices"

	"github.com/whimbreldb/whimbrel/internal/datatype"
)

// Holding is a kind of value that a column without a declared type may hold.
type Holding string

// The kinds of value, as SQLite's typeof names them.
const (
	HoldsIntegers Holding = "integer"
	HoldsReals    Holding = "real"
	HoldsTexts    Holding = "text"
	HoldsBlobs    Holding = "blob"
)

// Loose says how a column without a declared type is read (SQLite: "Datatypes In SQLite", section 3: any column but an
// INTEGER PRIMARY KEY may hold a value of any storage class).
type Loose struct {
	// Settled says that the values have been looked at, and that Type is made of what they are.
	Settled bool
	// Holds are the kinds that were found. A value of any other kind, come later, is not read; where nothing was found, Type
	// alone decides.
	Holds []Holding `json:",omitempty"`
	// ReadAs is what the table mappings ask for: every value is read that can be had as that. nil leaves Type and Holds.
	ReadAs *datatype.Type `json:",omitempty"`
}

// Settle makes the column's type of the kinds of its values. inexact says that a double does not hold each of the integers.
// A kind that the type cannot take stays among Holds, so that whoever reads it says what is wrong with it.
func (c *Column) Settle(holds []Holding, inexact bool) {
	has := func(h Holding) bool { return slices.Contains(holds, h) }
	c.Loose = &Loose{Settled: true, Holds: holds, ReadAs: c.Loose.ReadAs}
	switch {
	case has(HoldsBlobs), len(holds) == 0:
		c.Type = datatype.Type{Kind: datatype.Blob}
	case has(HoldsTexts):
		c.Type = datatype.Type{Kind: datatype.NClob}
	case !has(HoldsReals):
		c.Type = datatype.Type{Kind: datatype.Int8}
	case inexact:
		c.Type = datatype.Type{Kind: datatype.Numeric, Hint: datatype.Unbounded}
	default:
		c.Type = datatype.Type{Kind: datatype.Real8}
	}
}

// Takes reports whether a value of a kind may be read. A double takes the integers that it holds exactly.
func (l *Loose) Takes(h Holding) bool {
	if l.ReadAs != nil || len(l.Holds) == 0 || slices.Contains(l.Holds, h) {
		return true
	}
	return h == HoldsIntegers && slices.Equal(l.Holds, []Holding{HoldsReals})
}

// ReadType is the type that values are read as.
func (c *Column) ReadType() datatype.Type {
	if c.Loose == nil || c.Loose.ReadAs == nil {
		return c.Type
	}
	return *c.Loose.ReadAs
}

// As takes what is settled about a column from what the same column was before.
func (c *Column) As(before *Column) {
	if c.Loose != nil && before != nil && before.Loose != nil && before.Loose.Settled {
		loose := *before.Loose
		c.Type, c.Loose = before.Type, &loose
	}
}
