package sqlite

import (
	"context"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// Describe implements connector.Target. Names are compared as SQLite does, without regard to case.
func (t *target) Describe(ctx context.Context, names []catalog.Name) (map[catalog.Name]*connector.Existing, error) {
	out := map[catalog.Name]*connector.Existing{}
	err := t.look(ctx, "describe "+t.at.path, func(c *conn) error {
		texts, err := readTexts(c)
		if err != nil {
			return err
		}
		for _, n := range names {
			e, ok, err := lookTable(c, n.Name, texts)
			if err != nil {
				return err
			}
			if !ok {
				continue
			}
			table, err := inspectTable(c, e, texts)
			if err != nil {
				return err
			}
			has, err := c.number("SELECT EXISTS (SELECT 1 FROM " + quote(e.name) + ")")
			if err != nil {
				return err
			}
			out[n] = &connector.Existing{Table: table, HasRows: has != 0}
		}
		return nil
	})
	return out, err
}

// Exists implements connector.Target. Constraints of SQLite are part of their table and exist with it.
func (t *target) Exists(ctx context.Context, r catalog.Ref) (bool, error) {
	kind, name := "", r.Name.Name
	switch r.Kind {
	case catalog.SchemaRef:
		return strings.EqualFold(r.Name.Name, Schema) || strings.EqualFold(r.Name.Schema, Schema), nil
	case catalog.TableRef:
		kind = "table"
	case catalog.PrimaryKeyRef, catalog.ConstraintRef:
		kind, name = "table", r.Table
	case catalog.IndexRef:
		kind = "index"
	case catalog.ViewRef:
		kind = "view"
	case catalog.ObjectRef:
		kind = "%"
	default:
		return false, nil
	}
	var n int64
	err := t.look(ctx, "look up "+string(r.Kind)+" "+r.Name.String(), func(c *conn) error {
		probe := "main.table_info"
		if r.Kind == catalog.IndexRef {
			probe = "main.index_info"
		}
		if r.Kind != catalog.ObjectRef && !mayExist(c, probe, name) {
			return nil
		}
		of := ""
		if r.Kind == catalog.IndexRef && r.Table != "" {
			of = r.Table
		}
		var err error
		n, err = c.number("SELECT count(*) FROM sqlite_schema WHERE type LIKE ?1 AND name = ?2 COLLATE NOCASE AND (?3 = '' OR tbl_name = ?3 COLLATE NOCASE)", kind, name, of)
		return err
	})
	return n > 0, err
}
