package redshift

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/typemap"
)

// describedAtOnce is how many tables one look-up is about.
const describedAtOnce = 200

// Describe implements connector.Target.
func (t *target) Describe(ctx context.Context, names []catalog.Name) (map[catalog.Name]*connector.Existing, error) {
	out := map[catalog.Name]*connector.Existing{}
	err := t.atDesk(ctx, "describe the target's tables", func(c *conn) error {
		for from := 0; from < len(names); from += describedAtOnce {
			some := names[from:min(from+describedAtOnce, len(names))]
			if err := t.describe(ctx, c, some, out); err != nil {
				return err
			}
		}
		return nil
	})
	return out, err
}

// kept is a name as the server keeps it.
func (t *target) kept(n catalog.Name) catalog.Name {
	if t.settings.caseSensitive {
		return n
	}
	return catalog.Name{Schema: strings.ToLower(n.Schema), Name: strings.ToLower(n.Name)}
}

func (t *target) describe(ctx context.Context, c *conn, names []catalog.Name, out map[catalog.Name]*connector.Existing) error {
	asked := map[catalog.Name][]catalog.Name{}
	var which []string
	for _, n := range names {
		k := t.kept(n)
		if asked[k] == nil {
			which = append(which, "n.nspname = "+literal(k.Schema)+" AND c.relname = "+literal(k.Name))
		}
		asked[k] = append(asked[k], n)
	}
	rows, err := c.rows(ctx, `SELECT n.nspname, c.relname, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull
 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
 WHERE c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped AND (`+strings.Join(which, " OR ")+`) ORDER BY n.nspname, c.relname, a.attnum`)
	if err != nil {
		return err
	}
	found := map[catalog.Name]*connector.Existing{}
	numbers := map[catalog.Name]map[string]string{}
	var order []catalog.Name
	for _, r := range rows {
		k := catalog.Name{Schema: r[0], Name: r[1]}
		e := found[k]
		if e == nil {
			e = &connector.Existing{Table: &catalog.Table{Name: k, Rows: -1, Bytes: -1}}
			found[k], numbers[k] = e, map[string]string{}
			order = append(order, k)
		}
		col := &catalog.Column{Name: r[3], NativeType: r[4], NotNull: r[5] == "t"}
		col.BaseType, col.Type = typemap.FromNative(catalog.Redshift, col.NativeType)
		e.Table.Columns = append(e.Table.Columns, col)
		numbers[k][r[2]] = col.Name
	}
	if err := keys(ctx, c, which, found, numbers); err != nil {
		return err
	}
	if err := filled(ctx, c, order, found); err != nil {
		return err
	}
	for k, e := range found {
		for _, n := range asked[k] {
			out[n] = e
		}
	}
	return nil
}

// keys reads the primary keys, which are informational.
func keys(ctx context.Context, c *conn, which []string, found map[catalog.Name]*connector.Existing, numbers map[catalog.Name]map[string]string) error {
	rows, err := c.rows(ctx, `SELECT n.nspname, c.relname, k.conname, array_to_string(k.conkey, ',')
 FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE k.contype = 'p' AND (`+strings.Join(which, " OR ")+`)`)
	if err != nil {
		return err
	}
	for _, r := range rows {
		n := catalog.Name{Schema: r[0], Name: r[1]}
		e := found[n]
		if e == nil {
			continue
		}
		k := &catalog.Key{Name: r[2]}
		for number := range strings.SplitSeq(r[3], ",") {
			k.Columns = append(k.Columns, numbers[n][strings.TrimSpace(number)])
		}
		e.Table.PrimaryKey = k
	}
	return nil
}

// askedAtOnce is how many tables are asked at once whether they hold rows.
const askedAtOnce = 50

func filled(ctx context.Context, c *conn, order []catalog.Name, found map[catalog.Name]*connector.Existing) error {
	for from := 0; from < len(order); from += askedAtOnce {
		some := order[from:min(from+askedAtOnce, len(order))]
		var parts []string
		for i, n := range some {
			parts = append(parts, fmt.Sprintf("(SELECT %d FROM %s LIMIT 1)", i, quoteName(n)))
		}
		rows, err := c.rows(ctx, strings.Join(parts, " UNION ALL "))
		if err != nil {
			return err
		}
		for _, r := range rows {
			i, err := strconv.Atoi(r[0])
			if err != nil || i < 0 || i >= len(some) {
				return fmt.Errorf("the server has answered with the number %q", r[0])
			}
			found[some[i]].HasRows = true
		}
	}
	return nil
}

// Exists implements connector.Target.
func (t *target) Exists(ctx context.Context, r catalog.Ref) (there bool, err error) {
	n := t.kept(r.Name)
	sql := ""
	switch r.Kind {
	case catalog.SchemaRef:
		sql = "SELECT 1 FROM pg_namespace WHERE nspname = " + literal(n.Name)
	case catalog.TableRef:
		sql = "SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r' AND n.nspname = " + literal(n.Schema) + " AND c.relname = " + literal(n.Name)
	default:
		return false, nil
	}
	err = t.atDesk(ctx, "look up "+r.Name.String(), func(c *conn) error {
		rows, err := c.rows(ctx, sql)
		there = len(rows) > 0
		return err
	})
	return there, err
}
