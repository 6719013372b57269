package sqlite

import (
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/typemap"
)

// Values of "hidden" in PRAGMA table_xinfo.
const (
	hiddenVirtualTable = 1
	hiddenVirtual      = 2
	hiddenStored       = 3
)

func inspectColumns(c *conn, table string, def definition) ([]*catalog.Column, *catalog.Key, error) {
	var columns []*catalog.Column
	keyed := map[int64]string{}
	err := c.query("SELECT name, type, \"notnull\", dflt_value, pk, hidden FROM pragma_table_xinfo(?)", func(r *stmt) error {
		hidden := r.int(5)
		if hidden == hiddenVirtualTable {
			return nil
		}
		col := &catalog.Column{Name: r.text(0), NativeType: declaredType(r.text(1)), NotNull: r.int(2) != 0}
		col.BaseType = baseType(col.NativeType)
		setType(col)
		if !r.isNull(3) {
			d := r.text(3)
			col.Default = &d
		}
		if n := r.int(4); n > 0 {
			keyed[n] = col.Name
		}
		for _, text := range def.columns {
			if strings.EqualFold(text.name, col.Name) {
				col.Collation = text.collation
				if hidden != 0 {
					col.Generated, col.Stored = text.generated, hidden == hiddenStored
				}
			}
		}
		columns = append(columns, col)
		return nil
	}, table)
	if err != nil || len(keyed) == 0 {
		return columns, nil, err
	}
	key := &catalog.Key{}
	for n := int64(1); n <= int64(len(keyed)); n++ {
		key.Columns = append(key.Columns, keyed[n])
	}
	for _, k := range def.keys {
		if k.primary {
			key.Name = k.name
		}
	}
	return columns, key, nil
}

// setType makes the DMS type of the declared one. Where none is declared, or ANY, which says no more, the values decide.
func setType(col *catalog.Column) {
	col.Type = typemap.FromSQLite(col.NativeType)
	if col.NativeType == "" || strings.EqualFold(col.NativeType, "ANY") {
		col.Loose = &catalog.Loose{}
	}
}

// declaredType takes the words GENERATED ALWAYS from the type of a generated column, where SQLite leaves them.
func declaredType(s string) string {
	if n := len(s) - len("GENERATED ALWAYS"); n >= 0 && strings.EqualFold(s[n:], "GENERATED ALWAYS") {
		s = s[:n]
	}
	return strings.TrimSpace(s)
}

func baseType(native string) string {
	name, _, _ := strings.Cut(native, "(")
	return strings.ToLower(strings.Join(strings.Fields(name), " "))
}

// rowidColumn returns the column that is another name of the rowid, which is so for a primary key of the single column
// of type INTEGER exactly, or nil.
func rowidColumn(t *catalog.Table) *catalog.Column {
	if t.PrimaryKey == nil || len(t.PrimaryKey.Columns) != 1 || withoutRowid(t) {
		return nil
	}
	c := t.Column(t.PrimaryKey.Columns[0])
	if c == nil || !strings.EqualFold(c.NativeType, "INTEGER") || descendingKey(t.Native["create"], c.Name) {
		return nil
	}
	return c
}

// descendingKey recognizes INTEGER PRIMARY KEY DESC on a column, which for a historical reason is no rowid.
func descendingKey(create, column string) bool {
	ts := tokenize(create)
	for i := 0; i+3 < len(ts); i++ {
		if ts[i].is("INTEGER") && ts[i+1].is("PRIMARY") && ts[i+2].is("KEY") && ts[i+3].is("DESC") {
			return true
		}
	}
	return false
}

func withoutRowid(t *catalog.Table) bool { return t.Native["without rowid"] != "" }

// rowidName returns a name by which SQL reaches the rowid of a table, empty when columns have taken all three.
func rowidName(t *catalog.Table) string {
	if withoutRowid(t) {
		return ""
	}
	for _, name := range []string{"rowid", "_rowid_", "oid"} {
		if !slices.ContainsFunc(t.Columns, func(c *catalog.Column) bool { return strings.EqualFold(c.Name, name) }) {
			return name
		}
	}
	if c := rowidColumn(t); c != nil {
		return ident(c.Name)
	}
	return ""
}

// inspectIdentity marks AUTOINCREMENT with the number that comes next.
func inspectIdentity(c *conn, t *catalog.Table, def definition) error {
	col := rowidColumn(t)
	if col == nil || !def.autoincr {
		return nil
	}
	seq, err := c.number("SELECT max(seq) FROM sqlite_sequence WHERE name = ?", t.Name.Name)
	if err != nil {
		return err
	}
	col.Identity = catalog.Identity{Kind: catalog.IdentityByDefault, Next: seq + 1}
	return nil
}
