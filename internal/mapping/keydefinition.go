package mapping

import (
	"slices"

	"github.com/whimbreldb/whimbrel/internal/document"
)

// KeyDefinition is what define-primary-key says.
type KeyDefinition struct {
	Name        string
	UniqueIndex bool // origin unique-index
	Columns     []string
}

func keyDefinition(r *document.Reader) *KeyDefinition {
	n := r.Take("primary-key-def")
	if n == nil {
		r.Missing("primary-key-def", `an object such as {"name": "pk", "columns": ["id"]}`)
		return nil
	}
	kr, ok := n.Read(r.Subject, r.Problems)
	if !ok {
		return nil
	}
	defer kr.Done()
	d := &KeyDefinition{Name: text(kr, "name", "the name of the key")}
	if kr.Take("origin") != nil {
		d.UniqueIndex = word(kr, "origin", "primary-key", "unique-index") == "unique-index"
	}
	columns, ok := kr.Array("columns")
	if ok && len(columns) == 0 || kr.Take("columns") == nil {
		kr.Missing("columns", "at least one column")
	}
	for _, c := range columns {
		switch {
		case c.Kind != document.String || c.Text == "":
			kr.Failf(c, "is %s; want the name of a column", c.Show())
		case slices.Contains(d.Columns, c.Text):
			kr.Failf(c, "column %q occurs twice in the key", c.Text)
		default:
			d.Columns = append(d.Columns, c.Text)
		}
	}
	return d
}
