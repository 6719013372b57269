package mapping

import (
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/datatype"
	"github.com/whimbreldb/whimbrel/internal/document"
)

// documentTypes are the types of data-type that only document and wide-column stores have.
var documentTypes = []string{"set", "list", "map", "tuple"}

// defaultFraction is the number of fractional digits of a date-time or time that names none: no digit is lost.
const defaultFraction = 6

// maxPrecision is PostgreSQL's bound on the digits of a numeric.
const maxPrecision = 1000

// parseKind reads a type as mappings spell it; DMS's guide spells BYTES both ways.
func parseKind(name string) (datatype.Kind, bool) {
	if strings.EqualFold(name, "byte") {
		return datatype.Bytes, true
	}
	return datatype.ParseKind(name)
}

// dataType reads data-type. A type of document stores is returned by its name.
func dataType(r *document.Reader) (*datatype.Type, string) {
	n := r.Take("data-type")
	if n == nil {
		r.Missing("data-type", `an object such as {"type": "string", "length": 40}`)
		return nil, ""
	}
	tr, ok := n.Read(r.Subject, r.Problems)
	if !ok {
		return nil, ""
	}
	defer tr.Done()
	for _, key := range []string{"precision", "scale", "length"} {
		if unset(tr.Peek(key)) {
			tr.Ignore(key)
		}
	}
	name := text(tr, "type", "a DMS data type such as int4 or string")
	if slices.Contains(documentTypes, strings.ToLower(name)) {
		return nil, strings.ToLower(name)
	}
	kind, ok := parseKind(name)
	if !ok {
		if name != "" {
			tr.Failf(tr.Take("type"), "is %q; want a DMS data type such as int4 or string", name)
		}
		tr.Ignore("precision", "scale", "length")
		return nil, ""
	}
	t := &datatype.Type{Kind: kind}
	sizeType(tr, t)
	return t, ""
}

// unset reports a size that is there and says nothing: null, "" or 0.
func unset(n *document.Node) bool {
	return n != nil && (n.Kind == document.Null || n.Text == "" && n.Kind == document.String || n.Text == "0")
}

// sizeType reads the sizes the kind has.
func sizeType(r *document.Reader, t *datatype.Type) {
	switch t.Kind {
	case datatype.Numeric:
		t.Precision = size(r, "precision", maxPrecision)
		t.Scale = size(r, "scale", maxPrecision)
		if t.Precision == 0 && t.Scale == 0 {
			t.Hint = datatype.Unbounded
		}
		if t.Scale > t.Precision {
			r.Failf(r.Take("scale"), "is %d; want at most the precision, %d", t.Scale, t.Precision)
		}
	case datatype.DateTime, datatype.Time:
		t.Scale = defaultFraction
		precision, scale := sized(r, "precision"), sized(r, "scale")
		if precision {
			t.Scale = size(r, "precision", 9)
		}
		if scale {
			if s := size(r, "scale", 9); precision && s != t.Scale {
				r.Failf(r.Take("scale"), "is %d beside a precision of %d; both are the fractional digits, give one", s, t.Scale)
			} else {
				t.Scale = s
			}
		}
	case datatype.String, datatype.WString, datatype.Bytes, datatype.Blob, datatype.Clob, datatype.NClob:
		t.Length = size(r, "length", 1<<31-1)
	}
}

// sized reports whether a member says a size; a zero does, an empty string or null does not.
func sized(r *document.Reader, key string) bool {
	n := r.Peek(key)
	return n != nil && n.Kind != document.Null && n.Text != ""
}

func size(r *document.Reader, key string, most int64) int {
	if !sized(r, key) {
		return 0
	}
	v, _ := r.Whole(key, 0, most)
	return int(v)
}
