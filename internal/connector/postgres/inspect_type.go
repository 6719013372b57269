package postgres

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/typemap"
)

// nativeType is a row of pg_type.
type nativeType struct {
	name     catalog.Name
	kind     byte // pg_type.typtype: b, c, d, e, p, r, m
	base     uint32
	modifier int32 // of a domain
	element  uint32
	row      uint32 // the relation a row type belongs to
	rowKind  byte   // and its relkind
	// bare says that the name alone tells the type: the system's own and those of extensions.
	bare   bool
	labels []string
}

// Enum labels come with the type because a column's DMS type lists them.
const typesQuery = `SELECT t.oid, n.nspname, t.typname, t.typtype::text, t.typbasetype, t.typtypmod, coalesce(e.oid, 0), t.typrelid, coalesce(c.relkind::text, ' '),
	n.nspname = 'pg_catalog' OR EXISTS (SELECT FROM pg_catalog.pg_depend x WHERE x.classid = 'pg_catalog.pg_type'::regclass AND x.objid = t.oid AND x.deptype = 'e'),
	coalesce(l.labels, '{}')
	FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
	LEFT JOIN pg_catalog.pg_type e ON e.typarray = t.oid LEFT JOIN pg_catalog.pg_class c ON c.oid = t.typrelid
	LEFT JOIN (SELECT enumtypid, array_agg(enumlabel::text ORDER BY enumsortorder) AS labels FROM pg_catalog.pg_enum GROUP BY 1) l ON l.enumtypid = t.oid
	WHERE $1 OR t.oid < 16384 OR t.typtype <> 'c' AND coalesce(e.typtype, 'b') <> 'c' OR c.relkind = 'c'`

// loadTypes reads every type there is: columns refer to them by number. The row types of tables are only needed to
// find out what depends on them.
func (in *inspector) loadTypes(ctx context.Context) error {
	only := in.only
	in.only = nil
	defer func() { in.only = only }()
	wanted := strings.Replace(typesQuery, "$1", map[bool]string{true: "true", false: "false"}[only == nil], 1)
	return in.each(ctx, "types", wanted, func(rows pgx.Rows) error {
		var oid uint32
		var t nativeType
		var kind, rowKind string
		if err := rows.Scan(&oid, &t.name.Schema, &t.name.Name, &kind, &t.base, &t.modifier, &t.element, &t.row, &rowKind, &t.bare, &t.labels); err != nil {
			return err
		}
		t.kind, t.rowKind = kind[0], rowKind[0]
		in.types[oid] = &t
		return nil
	})
}

// rowOf returns the relation whose row type the type, its element or its base is; nil for other types.
func (t *nativeType) rowOf(in *inspector) *relation {
	for t != nil && (t.element != 0 || t.kind == 'd') {
		if t.kind == 'd' {
			t = in.types[t.base]
		} else {
			t = in.types[t.element]
		}
	}
	if t == nil || t.kind != 'c' || t.rowKind == 'c' {
		return nil
	}
	return in.relations[t.row]
}

// resolveType sets BaseType and Type of a column from its type and modifier.
func (in *inspector) resolveType(c *catalog.Column, oid uint32, modifier int32) {
	t := in.types[oid]
	for t != nil && t.kind == 'd' {
		// The modifier of a domain is its own; the column of a domain has none.
		modifier = t.modifier
		t = in.types[t.base]
	}
	array := false
	if t != nil && t.element != 0 {
		array, t = true, in.types[t.element]
		for t != nil && t.kind == 'd' {
			t = in.types[t.base]
		}
	}
	if t == nil {
		// The row type of a table, where row types were not loaded.
		c.BaseType = "record"
		c.Type = typemap.FromPostgreSQL(c.BaseType, typemap.NativeSize{})
		return
	}
	c.BaseType = t.baseName()
	size := sizeOf(t.name.Name, modifier)
	size.Values = t.labels
	if array {
		c.BaseType += "[]"
		size.Array = true
	}
	c.Type = typemap.FromPostgreSQL(c.BaseType, size)
}

func (t *nativeType) baseName() string {
	switch {
	case t.kind == 'e':
		return "enum"
	case t.bare:
		return strings.ToLower(t.name.Name)
	}
	return strings.ToLower(t.name.String())
}

// sizeOf decodes a type modifier.
func sizeOf(name string, modifier int32) typemap.NativeSize {
	var s typemap.NativeSize
	if modifier < 0 {
		return s
	}
	switch name {
	case "numeric":
		if modifier >= 4 {
			s.Precision = int((modifier - 4) >> 16 & 0xffff)
			// The scale is 11 bits with a sign.
			s.Scale = int((modifier-4)&0x7ff^1024) - 1024
			s.Sized = true
		}
	case "varchar", "bpchar":
		s.Length, s.Sized = int(modifier-4), true
	case "bit", "varbit":
		s.Length, s.Sized = int(modifier), true
	case "time", "timetz", "timestamp", "timestamptz":
		s.Scale, s.Sized = int(modifier), true
	}
	return s
}
