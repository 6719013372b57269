package postgres

import (
	"context"
	"fmt"
	"strconv"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// attribute is a column as pg_attribute has it.
type attribute struct {
	name      string
	oid       uint32
	modifier  int // atttypmod, or the domain's; -1 means none
	generated bool
	typeName  string // for casts, without a size
	ofTable   bool   // its relation is an ordinary table
	wireType
}

// attributes describes the columns of a table or view.
func (k *typeBook) attributes(ctx context.Context, w *wire, name catalog.Name) ([]attribute, error) {
	var all []attribute
	err := w.query(ctx, attributesSQL(name), func(v [][]byte) error {
		all = append(all, heldAttributeOf(v))
		return nil
	})
	if err != nil {
		return nil, classify(ctx, "describe "+name.String(), err)
	}
	return all, k.know(ctx, w, all)
}

func attributesSQL(name catalog.Name) string {
	return `SELECT ` + attributeColumns + ` FROM pg_catalog.pg_attribute JOIN pg_catalog.pg_class c ON c.oid = attrelid WHERE attrelid = ` +
		quoteLiteral(quoteName(name)) + `::pg_catalog.regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum`
}

// attributeColumns are what heldAttributeOf reads, c being the relation in pg_class.
const attributeColumns = `attname, atttypid, atttypmod, attgenerated, pg_catalog.format_type(atttypid, -1), c.relkind`

func attributeOf(v [][]byte) attribute {
	return attribute{name: string(v[0]), oid: number(v[1]), modifier: signed(v[2]), generated: len(v[3]) > 0, typeName: string(v[4])}
}

// heldAttributeOf is attributeOf with the kind of the relation behind.
func heldAttributeOf(v [][]byte) attribute {
	a := attributeOf(v)
	a.ofTable = string(v[5]) == "r"
	return a
}

// attributesPerQuery bounds the columns that neighbours reads. One table has at most 1600.
const attributesPerQuery = 4000

// neighbours describes a table and those that were made after it, as many as one question may bring: among many small
// tables a question for each costs more than their rows.
func (k *typeBook) neighbours(ctx context.Context, w *wire, name catalog.Name) (map[catalog.Name][]attribute, error) {
	tables := map[catalog.Name][]attribute{}
	var last catalog.Name
	read := 0
	err := w.query(ctx, neighboursSQL(name), func(v [][]byte) error {
		last = catalog.Name{Schema: string(v[0]), Name: string(v[1])}
		tables[last] = append(tables[last], heldAttributeOf(v[2:]))
		read++
		return nil
	})
	if err != nil {
		return nil, classify(ctx, "describe "+name.String(), err)
	}
	if read == attributesPerQuery && last != name {
		delete(tables, last) // it may go on
	}
	for _, all := range tables {
		if err := k.know(ctx, w, all); err != nil {
			return nil, err
		}
	}
	return tables, nil
}

func neighboursSQL(name catalog.Name) string {
	return `SELECT n.nspname, c.relname, ` + attributeColumns + ` FROM pg_catalog.pg_attribute
 JOIN pg_catalog.pg_class c ON c.oid = attrelid AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
 JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE attrelid >= ` + quoteLiteral(quoteName(name)) + `::pg_catalog.regclass::pg_catalog.oid AND attnum > 0 AND NOT attisdropped
 ORDER BY attrelid, attnum LIMIT ` + strconv.Itoa(attributesPerQuery)
}

// know completes attributes with what the book says of their types.
func (k *typeBook) know(ctx context.Context, w *wire, all []attribute) error {
	filled := false
	for i := range all {
		a := &all[i]
		t, ok := k.lookup(a.oid)
		if !ok && filled {
			t = k.admit(a.oid)
		} else if !ok {
			if err := k.fill(ctx, w); err != nil {
				return err
			}
			filled = true
			t = k.admit(a.oid)
		}
		a.wireType = t
		if a.modifier < 0 {
			a.modifier = t.modifier
		}
	}
	return nil
}

func find(all []attribute, name string) (*attribute, error) {
	for i := range all {
		if all[i].name == name {
			return &all[i], nil
		}
	}
	return nil, fmt.Errorf("there is no column %q", name)
}
