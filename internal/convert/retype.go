package convert

import (
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/datatype"
)

// Retype is a change of a column's type at the source, which its rows have followed without a word in the log.
type Retype struct {
	From, To catalog.Family
	// Was and Is are the source's column before and after, There and Becomes the target's.
	Was, Is, There, Becomes *catalog.Column
}

// sizeless are types of PostgreSQL of which there is but one.
var sizeless = []string{"bool", "bytea", "cidr", "date", "inet", "json", "jsonb", "macaddr", "uuid", "xml"}

// Exact reports whether the target's conversion of the rows that are there leaves each as a load of the source's would make it now. That is so
// between like engines, which convert alike, unless settings of the session decide; between unlike ones where no value changes at the source,
// and the target keeps the values of both types in one form.
func (r Retype) Exact() bool {
	if r.From == r.To {
		return !r.bySession()
	}
	if r.Is.Generated != "" && r.There.Generated == "" {
		return false // computed anew, in the new type
	}
	was, is := r.Was.Type, r.Is.Type
	switch {
	case r.Was.BaseType == r.Is.BaseType && slices.Contains(sizeless, r.Is.BaseType): // of a domain
		return true
	case was.Kind.IsInteger() && was.Hint == datatype.NoHint:
		return r.ofIntegers()
	case was.Kind == datatype.Numeric:
		return r.ofDecimals()
	case was.Kind == datatype.Real4 && is.Kind == datatype.Real8:
		single := r.There.Type.Kind == datatype.Real4 || r.To == catalog.SQLite
		return single && r.Becomes.Type.Kind == datatype.Real8 && !sized(r.Is)
	case was.Kind == datatype.DateTime || was.Kind == datatype.Time || was.Kind == datatype.Date:
		return r.ofMoments()
	}
	return r.ofTexts()
}

// SameValues reports whether every value of a column is, as it is read, the very one that it was before a change of type: what has been made
// of it, or decided by it, stands.
func (r Retype) SameValues() bool {
	was, is := r.Was.Type, r.Is.Type
	switch {
	case r.Is.Generated != "":
		return false
	case was.Kind.IsInteger() && is.Kind.IsInteger():
		return holdsIntegers(r.Was, r.Is)
	case was.Hint == datatype.FixedWidth || is.Hint == datatype.FixedWidth:
		return false
	}
	return sameTexts(r.From, r.Was, r.Is)
}

// ofIntegers: integers stay what they are in a wider type, with zeros behind the point, and as digits.
func (r Retype) ofIntegers() bool {
	is, there, becomes := r.Is.Type, r.There.Type, r.Becomes.Type
	number := there.Kind.IsInteger() || there.Kind == datatype.Numeric && there.Precision > 0 && there.Scale == 0
	digits := digitsOf(r.Was)
	switch {
	case !number:
		return false
	case is.Kind.IsInteger():
		return holdsIntegers(r.Was, r.Is) && (becomes.Kind.IsInteger() || becomes.Kind == datatype.Numeric)
	case is.Kind == datatype.Numeric && is.Hint == datatype.Unbounded:
		return !zerofilled(r.Was)
	case is.Kind == datatype.Numeric:
		return is.Scale >= 0 && is.Precision-is.Scale >= digits && (becomes.Kind == datatype.Numeric || is.Scale == 0) && plainNumber(r.Is) && !zerofilled(r.Was)
	case is.Kind == datatype.Real8:
		return bitsOf(r.Was) <= 32 && becomes.Kind == datatype.Real8 && !sized(r.Is)
	case is.Kind == datatype.Real4:
		return bitsOf(r.Was) <= 16 && (becomes.Kind == datatype.Real4 || r.To == catalog.SQLite) && !sized(r.Is)
	}
	return plainText(r.From, r.Is) && roomFor(is, digits+1) && becomes.Kind.IsText() && becomes.Hint == datatype.NoHint && !zerofilled(r.Was)
}

// ofDecimals: more digits on either side of the point, where none is rounded and each target writes the digits that the source has.
func (r Retype) ofDecimals() bool {
	was, is, there, becomes := r.Was.Type, r.Is.Type, r.There.Type, r.Becomes.Type
	if is.Kind != datatype.Numeric || was.Precision == 0 || !plainNumber(r.Was) || !plainNumber(r.Is) || zerofilled(r.Was) || zerofilled(r.Is) {
		return false
	}
	p, s := plain(was)
	text := there.Kind.IsText()
	if !text && (there.Kind != datatype.Numeric || there.Precision == 0 || there.Scale != s) {
		return false
	}
	if is.Hint == datatype.Unbounded {
		// SQLite's DECIMAL is a number, without the zeros at the end that the digits have.
		return s == 0 || r.To != catalog.SQLite || r.There.BaseType == "decimal_text"
	}
	toP, toS := plain(is)
	switch {
	case was.Scale < 0 || is.Scale < 0:
		return was.Scale == is.Scale && toP >= p
	case toS < s || toP-toS < p-s:
		return false
	}
	return toS == s || becomes.Kind == datatype.Numeric && !text
}

// ofMoments: more digits of a second, and days at midnight.
func (r Retype) ofMoments() bool {
	was, is := r.Was.Type, r.Is.Type
	if r.To == catalog.Redshift && was.Kind == datatype.Time { // a text there, without zeros at its end
		return is.Kind == datatype.Time && was.Hint == is.Hint && r.Was.BaseType == r.Is.BaseType && is.Scale >= was.Scale && is.Scale <= 6
	}
	if r.There.Type.Kind != was.Kind || r.Becomes.Type.Kind != is.Kind || r.There.Type.Hint != r.Becomes.Type.Hint || is.Scale > 6 {
		return false
	}
	if was.Kind == datatype.Date {
		return is.Kind == datatype.DateTime && is.Hint == datatype.NoHint && r.To != catalog.SQLite
	}
	return was.Kind == is.Kind && was.Hint == is.Hint && r.Was.BaseType == r.Is.BaseType && is.Scale >= was.Scale
}

// ofTexts: longer texts and byte strings, and members of an enum.
func (r Retype) ofTexts() bool {
	there, becomes := r.There.Type, r.Becomes.Type
	if becomes.Length > 0 && (there.Length == 0 || becomes.Length < there.Length) {
		return false
	}
	was, is := r.Was.Type, r.Is.Type
	if was.Hint == datatype.Enum && is.Hint != datatype.Enum && there.Hint != datatype.Enum {
		return false // a check of the target keeps the members
	}
	if was.Hint == datatype.FixedWidth || is.Hint == datatype.FixedWidth {
		return r.ofPaddedTexts()
	}
	return there.Hint != datatype.FixedWidth && becomes.Hint != datatype.FixedWidth && sameTexts(r.From, r.Was, r.Is)
}

// ofPaddedTexts: blanks at the end are part of what some engines hand over and others keep.
func (r Retype) ofPaddedTexts() bool {
	char := func(c *catalog.Column) bool {
		return c.Type.Kind == datatype.WString && c.Type.Hint == datatype.FixedWidth
	}
	if !char(r.Was) || !char(r.Is) || r.Is.Type.Length < r.Was.Type.Length {
		return false
	}
	unpadded := r.To == catalog.SQLite || r.To == catalog.Redshift // where it is a text, and MySQL hands over none of its blanks
	return r.From == catalog.MySQL && unpadded || char(r.There) && char(r.Becomes)
}

// sameTexts reports whether each text or byte string of one type is one of the other, as it is.
func sameTexts(f catalog.Family, a, b *catalog.Column) bool {
	was, is := a.Type, b.Type
	switch {
	case was.Hint == datatype.Enum && is.Hint == datatype.Enum:
		return !slices.ContainsFunc(was.Values, func(v string) bool { return !slices.Contains(is.Values, v) })
	case was.Hint == datatype.Set && is.Hint == datatype.Set: // members are listed in the order of the type
		return len(was.Values) <= len(is.Values) && slices.Equal(was.Values, is.Values[:len(was.Values)])
	case was.Hint == datatype.Enum && plainText(f, b):
		return roomFor(is, was.Length)
	case plainText(f, a) && plainText(f, b):
		return roomFor(is, textLength(was, inBytes(f, b) && !inBytes(f, a)))
	}
	return plainBytes(f, a) && plainBytes(f, b) && roomFor(is, was.Length)
}

// textLength is the longest text that the type takes, 0 without a bound, counted in bytes where those of the other type are.
func textLength(t datatype.Type, bytes bool) int {
	if bytes {
		return 4 * t.Length
	}
	return t.Length
}

func roomFor(t datatype.Type, length int) bool {
	return t.Length == 0 || length > 0 && t.Length >= length
}

// plainText reports whether a column holds any text, and nothing beside its characters.
func plainText(f catalog.Family, c *catalog.Column) bool {
	if f == catalog.MySQL {
		return (c.BaseType == "varchar" || inBytes(f, c) || c.BaseType == "longtext") && c.Type.Kind.IsText() && c.Type.Hint == datatype.NoHint
	}
	return f == catalog.PostgreSQL && (c.BaseType == "varchar" || c.BaseType == "text")
}

// inBytes reports whether the length of a text is one in bytes, not in characters.
func inBytes(f catalog.Family, c *catalog.Column) bool {
	return f == catalog.MySQL && slices.Contains([]string{"tinytext", "text", "mediumtext"}, c.BaseType)
}

func plainBytes(f catalog.Family, c *catalog.Column) bool {
	return f == catalog.MySQL && slices.Contains([]string{"varbinary", "tinyblob", "blob", "mediumblob", "longblob"}, c.BaseType)
}

// plainNumber tells decimals from money, whose digits are written otherwise.
func plainNumber(c *catalog.Column) bool { return c.BaseType != "money" }

// zerofilled reports whether MySQL hands over a column's numbers with zeros before them.
func zerofilled(c *catalog.Column) bool {
	return strings.Contains(strings.ToLower(c.NativeType), "zerofill")
}

// WidthAlone reports whether two types are one but for the width in which MySQL shows an integer: a statement says int(11) where the
// server, since 8.0.19, has int.
func WidthAlone(a, b *catalog.Column) bool {
	return a.BaseType == b.BaseType && a.Type.Kind == b.Type.Kind && a.Type.Kind.IsInteger() && !zerofilled(a) && !zerofilled(b)
}

// sized reports whether a type has a size, by which MySQL rounds a FLOAT or DOUBLE.
func sized(c *catalog.Column) bool { return strings.Contains(c.NativeType, "(") }

// plain is a precision and a scale with 0 ≤ scale ≤ precision, as targets have them.
func plain(t datatype.Type) (precision, scale int) {
	if t.Scale < 0 {
		return t.Precision - t.Scale, 0
	}
	return max(t.Precision, t.Scale), t.Scale
}

func bitsOf(c *catalog.Column) int {
	switch c.Type.Kind {
	case datatype.Int1, datatype.UInt1:
		return 8
	case datatype.Int2, datatype.UInt2:
		return 16
	case datatype.Int4, datatype.UInt4:
		if c.BaseType == "mediumint" {
			return 24
		}
		return 32
	}
	return 64
}

// digitsOf is how many digits an integer may have.
func digitsOf(c *catalog.Column) int {
	if c.Type.Kind == datatype.UInt8 {
		return 20
	}
	return map[int]int{8: 3, 16: 5, 24: 8, 32: 10, 64: 19}[bitsOf(c)]
}

// holdsIntegers reports whether every integer of one type is one of the other.
func holdsIntegers(a, b *catalog.Column) bool {
	switch {
	case a.Type.Hint != datatype.NoHint || b.Type.Hint != datatype.NoHint:
		return false
	case a.Type.Kind.IsUnsigned() == b.Type.Kind.IsUnsigned():
		return bitsOf(b) >= bitsOf(a)
	}
	return a.Type.Kind.IsUnsigned() && bitsOf(b) > bitsOf(a)
}
