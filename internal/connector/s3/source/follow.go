package source

import (
	"slices"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/connector/s3/external"
)

// followed is a table of the definition, and how its changes are delivered if they are.
type followed struct {
	table  *external.Table
	is     bool
	number int
	// decoder makes the columns that the receiver asks for; key says which of them are of the key, and deleted which are told of a
	// row that is deleted.
	decoder      *decoder
	key, deleted []bool
	keyed        bool
	since        position // changes up to here are left out
	loaded       bool     // since is set
}

// appendKey writes the name under which a table is looked up.
func appendKey(dst, schema, name []byte) []byte {
	return append(append(append(dst, schema...), 0), name...)
}

func keyOf(n catalog.Name) string { return string(appendKey(nil, []byte(n.Schema), []byte(n.Name))) }

// Follow implements connector.Stream.
func (st *stream) Follow(f connector.Followed) error {
	table, err := st.source.table(f.Table)
	if err != nil {
		return err
	}
	next := &followed{table: table, is: true, number: f.Number, keyed: table.PrimaryKey != nil}
	if next.decoder, err = st.source.newDecoder(table, f.Columns); err != nil {
		return err
	}
	for _, c := range f.Columns {
		next.key = append(next.key, next.keyed && slices.Contains(table.PrimaryKey.Columns, c.Column.Name))
	}
	if next.keyed && !f.Whole {
		next.deleted = next.key
	}
	if f.Since != "" {
		if next.since, err = parsePosition(f.Since); err != nil {
			return err
		}
		next.loaded = true
	}
	st.Drop(f.Number)
	st.tables[keyOf(table.Name)] = next
	return nil
}

// Drop implements connector.Stream.
func (st *stream) Drop(number int) {
	for _, f := range st.tables {
		if f.is && f.number == number {
			f.is = false
		}
	}
}
