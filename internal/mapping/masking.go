package mapping

import (
	"slices"

	"github.com/whimbreldb/whimbrel/internal/datatype"
)

// hashLength is the number of characters of a SHA-256 in hexadecimal.
const hashLength = 64

// maskKinds are the data types each masking method works on.
var maskKinds = map[MaskMethod][]datatype.Kind{
	DigitsMask: {datatype.String, datatype.WString},
	DigitsRandomize: {
		datatype.String, datatype.WString, datatype.Numeric, datatype.Int1, datatype.Int2, datatype.Int4, datatype.Int8,
		datatype.UInt1, datatype.UInt2, datatype.UInt4, datatype.UInt8,
	},
	HashMask: {datatype.String, datatype.WString},
}

// mask plans the masking of a column and checks that it can be: a mask that cannot work must never leave the column
// as it is. The change is the column's change-data-type rule, if it has one.
func (p *planner) mask(tp *TablePlan, c *ColumnPlan, rule, change *Transformation) {
	m := Mask{Method: MaskMethod(rule.Action)}
	if m.Method == DigitsMask {
		m.Char = rule.Value[0]
	}
	c.Masks = []Mask{m}
	t := c.maskedType()
	switch {
	case change != nil && change.ID > rule.ID:
		p.failf(change.Header, "column %s.%s is masked by rule %d: a change-data-type on a masked column needs the smaller rule-id, so that it runs first",
			tp.Source.Name, c.Name, rule.ID)
	case !slices.Contains(maskKinds[m.Method], t.Kind):
		p.failf(rule.Header, "column %s.%s is %s; %s works on %s (narrow the rule with data-type in its object-locator, or add a change-data-type rule with a smaller rule-id)",
			tp.Source.Name, c.Name, t, m.Method, kinds(maskKinds[m.Method]))
	case m.Method == HashMask && t.Length > 0 && t.Length < hashLength:
		p.failf(rule.Header, "column %s.%s is %s; a hash takes %d characters (add a change-data-type rule with a smaller rule-id that widens it)",
			tp.Source.Name, c.Name, t, hashLength)
	}
	c.plain(t)
}

// maskedType is the type a mask finds.
func (c *ColumnPlan) maskedType() datatype.Type {
	switch {
	case c.Type != nil:
		return *c.Type
	case c.Source != nil:
		return c.Source.Type
	}
	return datatype.Type{}
}

// plain takes a meaning from a text column that its masked values no longer have, such as UUID or JSON.
func (c *ColumnPlan) plain(t datatype.Type) {
	if !t.Kind.IsText() || t.Hint == datatype.NoHint || t.Hint == datatype.FixedWidth {
		return
	}
	t.Hint, t.Values = datatype.NoHint, nil
	c.Type = &t
}

func kinds(list []datatype.Kind) string {
	out := ""
	for i, k := range list {
		if i > 0 {
			out += ", "
		}
		out += k.String()
	}
	return out
}
