package sqlite

import (
	"slices"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// inspectForeignKeys fills the foreign keys in the order they are declared; SQLite numbers them from the last.
func inspectForeignKeys(c *conn, t *catalog.Table, def definition) error {
	byID := map[int64]*catalog.ForeignKey{}
	var ids []int64
	err := c.query(`SELECT id, "table", "from", "to", on_update, on_delete, match FROM pragma_foreign_key_list(?)
		ORDER BY id DESC, seq`, func(r *stmt) error {
		id := r.int(0)
		fk := byID[id]
		if fk == nil {
			fk = &catalog.ForeignKey{Table: catalog.Name{Schema: Schema, Name: r.text(1)},
				OnUpdate: action(r.text(4)), OnDelete: action(r.text(5))}
			byID[id], ids = fk, append(ids, id)
		}
		fk.Columns = append(fk.Columns, r.text(2))
		if !r.isNull(3) {
			fk.References = append(fk.References, r.text(3))
		}
		return nil
	}, t.Name.Name)
	if err != nil {
		return err
	}
	for i, id := range ids {
		fk := byID[id]
		if len(def.foreign) == len(ids) {
			fk.Name, fk.Deferrable = def.foreign[i].name, def.foreign[i].deferrable
		}
		if len(fk.References) == 0 { // the primary key of the other table is meant
			if fk.References, err = keyOf(c, fk.Table.Name); err != nil {
				return err
			}
		}
		t.ForeignKeys = append(t.ForeignKeys, fk)
	}
	return nil
}

func action(s string) string {
	if s == "NO ACTION" {
		return ""
	}
	return s
}

func keyOf(c *conn, table string) ([]string, error) {
	var columns []string
	err := c.query("SELECT name FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk", func(r *stmt) error {
		columns = append(columns, r.text(0))
		return nil
	}, table)
	return slices.Clip(columns), err
}
