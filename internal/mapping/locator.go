package mapping

import (
	"slices"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/datatype"
	"github.com/whimbreldb/whimbrel/internal/document"
)

// Locator says which objects a rule is about. Patterns that the rule's grammar does not have are zero.
type Locator struct {
	Schema, Table, Column Pattern
	// DataType narrows columns to those of one kind; Invalid means any.
	DataType datatype.Kind
	// Tablespace is the pattern of an Oracle tablespace.
	Tablespace Pattern
}

// String spells the locator for messages: app.orders.total.
func (l Locator) String() string {
	s := l.Schema.text
	for _, p := range []Pattern{l.Table, l.Column, l.Tablespace} {
		if p.text == "" {
			continue
		}
		if s != "" {
			s += "."
		}
		s += p.text
	}
	if l.DataType != datatype.Invalid {
		s += " of type " + l.DataType.String()
	}
	return s
}

// matchesTable reports whether the table is one the locator is about.
func (l Locator) matchesTable(n catalog.Name) bool {
	return l.Schema.Match(n.Schema) && l.Table.Match(n.Name)
}

// exactTable returns the one table the locator names where wildcards are not allowed.
func (l Locator) exactTable() catalog.Name {
	schema, _ := l.Schema.Exact()
	table, _ := l.Table.Exact()
	return catalog.Name{Schema: schema, Name: table}
}

// locate reads the object-locator with the given members, all required but those in optional.
func locate(r *document.Reader, required []string, optional ...string) (Locator, *document.Reader) {
	n := r.Take("object-locator")
	if n == nil {
		r.Missing("object-locator", "an object")
		return Locator{}, nil
	}
	lr, ok := n.Read(r.Subject, r.Problems)
	if !ok {
		return Locator{}, nil
	}
	var l Locator
	places := map[string]*Pattern{
		"schema-name": &l.Schema, "table-name": &l.Table, "column-name": &l.Column,
		"table-tablespace-name": &l.Tablespace, "index-tablespace-name": &l.Tablespace,
	}
	for _, key := range slices.Concat(required, optional) {
		if place := places[key]; place != nil {
			readPattern(lr, key, place, slices.Contains(required, key))
		}
	}
	if slices.Contains(optional, "data-type") {
		l.DataType = locatorType(lr)
	}
	for _, m := range n.Members {
		if m.Value.Kind == document.Null {
			lr.Ignore(m.Key)
		}
	}
	return l, lr
}

func readPattern(r *document.Reader, key string, to *Pattern, required bool) {
	n := r.Take(key)
	if n == nil {
		if required {
			r.Missing(key, "a name or a pattern, % for all")
		}
		return
	}
	s, ok := r.Text(key)
	if !ok {
		return
	}
	p, err := CompilePattern(s)
	if err != nil {
		r.Failf(n, "%v", err)
	}
	*to = p
}

func locatorType(r *document.Reader) datatype.Kind {
	n := r.Take("data-type")
	if n == nil {
		return datatype.Invalid
	}
	s, ok := r.Text("data-type")
	if !ok {
		return datatype.Invalid
	}
	kind, ok := parseKind(s)
	if !ok {
		r.Failf(n, "is %q; want a DMS data type such as int4 or string, without wildcards", s)
	}
	return kind
}

// requireExact reports the members of the locator that hold wildcards. DMS's own words, where it has any, lead the message.
func requireExact(r *document.Reader, l Locator, words string) {
	for _, m := range []struct {
		key string
		p   Pattern
	}{{"schema-name", l.Schema}, {"table-name", l.Table}} {
		if m.p.text == "" {
			continue
		}
		if _, ok := m.p.Exact(); !ok {
			r.Problems.Addf(r.Subject, r.Path("object-locator")+"."+m.key, "is %q: %s; write the one name, without wildcards", m.p.text, words)
		}
	}
}
