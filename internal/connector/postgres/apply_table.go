package postgres

import (
	"context"
	"fmt"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// applyTable is a table of the target as an apply session knows it.
type applyTable struct {
	columns map[string]*applyColumn
	order   []*applyColumn // without generated columns
	// only keeps children of a plain table out; the rows of a partitioned one are in its partitions.
	only    string
	keys    [][]string // the columns of its unique indexes
	foreign bool       // foreign keys of other tables point here
}

// applyColumn is a column and how SQL speaks of its type.
type applyColumn struct {
	attribute
	fullType string // with size: "character varying(7)"
	array    uint32 // of the base type; 0 when there is none
	isArray  bool   // the base type is an array itself, which unnest would take apart
	receives bool   // the type has a binary form to receive
	equals   string // the operator that compares for equality, or ""
	always   bool   // GENERATED ALWAYS AS IDENTITY
	// parts is what the binary form is made of, for types that are not portable.
	parts *typeParts
}

const applyColumnsSQL = `SELECT a.attname, a.atttypid, a.atttypmod, a.attgenerated, pg_catalog.format_type(a.atttypid, -1),
 pg_catalog.format_type(a.atttypid, a.atttypmod), a.attidentity = 'a'
 FROM pg_catalog.pg_attribute a WHERE a.attrelid = %s::pg_catalog.regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`

// The operator is that of the type's own btree class; a type without one is compared as what it is made of.
const applyTypesSQL = `SELECT t.oid, t.typarray, t.typcategory = 'A', t.typreceive <> 0 AND t.typsend <> 0,
 coalesce((SELECT 'OPERATOR(' || pg_catalog.quote_ident(n.nspname) || '.' || o.oprname || ')'
  FROM pg_catalog.pg_opclass c JOIN pg_catalog.pg_amop m ON m.amopfamily = c.opcfamily AND m.amoplefttype = c.opcintype
  AND m.amoprighttype = c.opcintype AND m.amopstrategy = 3 AND m.amopmethod = 403
  JOIN pg_catalog.pg_operator o ON o.oid = m.amopopr JOIN pg_catalog.pg_namespace n ON n.oid = o.oprnamespace
  WHERE c.opcmethod = 403 AND c.opcdefault AND c.opcintype = t.oid LIMIT 1),
  CASE WHEN t.typtype IN ('e', 'r', 'm') OR t.oid IN (1043, 650) THEN 'OPERATOR(pg_catalog.=)' ELSE '' END), t.typtype = 'c'
 FROM pg_catalog.pg_type t WHERE t.oid IN (%s)`

const applyRelationSQL = `SELECT c.relkind, EXISTS (SELECT FROM pg_catalog.pg_constraint f WHERE f.confrelid = c.oid AND f.contype = 'f' AND f.conrelid <> c.oid)
 FROM pg_catalog.pg_class c WHERE c.oid = %s::pg_catalog.regclass`

const applyKeysSQL = `SELECT i.indexrelid, a.attname FROM pg_catalog.pg_index i
 JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY k(num, place) ON k.place <= i.indnkeyatts
 JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.num
 WHERE i.indrelid = %s::pg_catalog.regclass AND i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL ORDER BY 1`

// describeForApply looks a table up over the session's own connection, so that it sees what the transaction has changed.
func describeForApply(ctx context.Context, w *wire, types *typeBook, name catalog.Name) (*applyTable, error) {
	t := &applyTable{columns: map[string]*applyColumn{}, only: "ONLY "}
	literal := quoteLiteral(quoteName(name))
	var all []attribute
	var columns []*applyColumn
	if err := w.query(ctx, fmt.Sprintf(applyColumnsSQL, literal), func(v [][]byte) error {
		all = append(all, attributeOf(v))
		columns = append(columns, &applyColumn{fullType: string(v[5]), always: v[6][0] == 't'})
		return nil
	}); err != nil {
		return nil, err
	}
	if err := types.know(ctx, w, all); err != nil {
		return nil, err
	}
	var bases []string
	for i, c := range columns {
		c.attribute = all[i]
		t.columns[c.name] = c
		if !c.generated {
			t.order = append(t.order, c)
		}
		bases = append(bases, fmt.Sprint(c.base))
	}
	if len(bases) > 0 {
		if err := w.query(ctx, fmt.Sprintf(applyTypesSQL, strings.Join(bases, ", ")), func(v [][]byte) error {
			for _, c := range columns {
				if c.base == number(v[0]) {
					c.array, c.isArray, c.receives = number(v[1]), v[2][0] == 't', v[3][0] == 't'
					c.equals = string(v[4])
					if v[5][0] == 't' { // unnest would make columns of its fields
						c.array = 0
					}
					if c.isArray {
						c.equals = "OPERATOR(pg_catalog.=)"
					}
				}
			}
			return nil
		}); err != nil {
			return nil, err
		}
	}
	for _, c := range columns {
		if c.portable || c.names != "" || !c.receives {
			continue
		}
		var err error
		if c.parts, err = readTypeParts(ctx, w, c.base, 0); err != nil {
			return nil, err
		}
	}
	return t, t.describeKeys(ctx, w, literal)
}

func (t *applyTable) describeKeys(ctx context.Context, w *wire, literal string) error {
	if err := w.query(ctx, fmt.Sprintf(applyRelationSQL, literal), func(v [][]byte) error {
		if v[0][0] == 'p' {
			t.only = ""
		}
		t.foreign = v[1][0] == 't'
		return nil
	}); err != nil {
		return err
	}
	last := ""
	return w.query(ctx, fmt.Sprintf(applyKeysSQL, literal), func(v [][]byte) error {
		if string(v[0]) != last {
			last = string(v[0])
			t.keys = append(t.keys, nil)
		}
		k := &t.keys[len(t.keys)-1]
		*k = append(*k, string(v[1]))
		return nil
	})
}

// indexed reports whether a unique index finds the rows that have these values.
func (t *applyTable) indexed(names map[string]bool) bool {
next:
	for _, k := range t.keys {
		for _, n := range k {
			if !names[n] {
				continue next
			}
		}
		return len(k) > 0
	}
	return false
}

func (t *applyTable) column(table catalog.Name, name string) (*applyColumn, error) {
	if c := t.columns[name]; c != nil {
		return c, nil
	}
	return nil, &connector.Error{Class: connector.Missing, Err: fmt.Errorf("apply to %s: there is no column %q", table, name)}
}
