package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// Statistics targets are -1 before version 17 and null since. Minor releases of late 2026 (seen: 15.20) stamp every column
// with an option of the server's own, pg_attver, which is not a setting.
const columnsQuery = `SELECT a.attrelid, a.attnum, a.attname, a.atttypid, a.atttypmod, format_type(a.atttypid, a.atttypmod), a.attnotnull,
	pg_get_expr(ad.adbin, ad.adrelid), a.attgenerated::text, a.attidentity::text,
	CASE WHEN a.attcollation <> 0 AND a.attcollation <> t.typcollation THEN quote_ident(cn.nspname) || '.' || quote_ident(co.collname) ELSE '' END,
	coalesce(d.description, ''), CASE WHEN a.attstorage <> t.typstorage THEN a.attstorage::text ELSE '' END, a.attcompression::text,
	coalesce(a.attstattarget, -1)::int, array(SELECT o FROM unnest(a.attoptions) o WHERE o NOT LIKE 'pg\_%'), a.attislocal
	FROM pg_catalog.pg_attribute a JOIN rel c ON c.oid = a.attrelid JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
	LEFT JOIN pg_catalog.pg_attrdef ad ON ad.adrelid = a.attrelid AND ad.adnum = a.attnum
	LEFT JOIN pg_catalog.pg_collation co ON co.oid = a.attcollation LEFT JOIN pg_catalog.pg_namespace cn ON cn.oid = co.collnamespace
	LEFT JOIN pg_catalog.pg_description d ON d.classoid = 'pg_catalog.pg_class'::regclass AND d.objoid = a.attrelid AND d.objsubid = a.attnum
	WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind <> 'S' ORDER BY a.attrelid, a.attnum`

// columnRow is a row of columnsQuery.
type columnRow struct {
	catalog.Column
	relation             uint32
	number               int16
	typeOID              uint32
	modifier             int32
	generated, identity  string
	storage, compression string
	statistics           int
	options              []string
	local                bool
}

func (in *inspector) loadColumns(ctx context.Context) error {
	return in.each(ctx, "columns", in.rel()+columnsQuery, func(rows pgx.Rows) error {
		var c columnRow
		if err := rows.Scan(&c.relation, &c.number, &c.Name, &c.typeOID, &c.modifier, &c.NativeType, &c.NotNull, &c.Default, &c.generated,
			&c.identity, &c.Collation, &c.Comment, &c.storage, &c.compression, &c.statistics, &c.options, &c.local); err != nil {
			return err
		}
		if c.generated != "" && c.Default == nil { // its expression is read outside of the snapshot
			return fmt.Errorf("column %s: %w", c.Name, errGoneMeanwhile)
		}
		in.addColumn(&c)
		return nil
	})
}

func (in *inspector) addColumn(c *columnRow) {
	r := in.relations[c.relation]
	if r == nil {
		return
	}
	in.resolveType(&c.Column, c.typeOID, c.modifier)
	switch c.generated {
	case "s", "v":
		c.Generated, c.Stored, c.Default = bare(*c.Default), c.generated == "s", nil
	}
	if in.version >= 17 && r.table != nil && r.table.PartitionOf != nil {
		// A partition numbers itself as its parent does, by attaching it.
		c.identity = ""
	}
	switch c.identity {
	case "a":
		c.Identity.Kind = catalog.IdentityAlways
	case "d":
		c.Identity.Kind = catalog.IdentityByDefault
	}
	c.Attributes, c.Number = c.attributes(), int(c.number)
	r.columns[c.number] = &c.Column
	switch {
	case r.table != nil:
		c.Inherited = !c.local && r.table.PartitionOf == nil
		r.table.Columns = append(r.table.Columns, &c.Column)
		if row := in.types[c.typeOID].rowOf(in); row != nil && row.name != r.name {
			r.table.Needs = appendName(r.table.Needs, row.name)
		}
	case r.view != nil:
		r.view.Columns = append(r.view.Columns, &c.Column)
	}
}

var storageNames = map[string]string{"p": "PLAIN", "e": "EXTERNAL", "m": "MAIN", "x": "EXTENDED"}

func (c *columnRow) attributes() []string {
	var as []string
	if name := storageNames[c.storage]; name != "" {
		as = append(as, "SET STORAGE "+name)
	}
	switch c.compression {
	case "p":
		as = append(as, "SET COMPRESSION pglz")
	case "l":
		as = append(as, "SET COMPRESSION lz4")
	}
	if c.statistics >= 0 {
		as = append(as, fmt.Sprintf("SET STATISTICS %d", c.statistics))
	}
	if len(c.options) > 0 {
		as = append(as, "SET ("+storageParameters(c.options, "", nil)+")")
	}
	return as
}

// notNullsQuery reads what PostgreSQL 18 knows about NOT NULL beyond the column's flag.
const notNullsQuery = `SELECT k.conrelid, k.conkey[1], k.conname, k.connoinherit, k.convalidated, k.conislocal, coalesce(d.description, '')
	FROM pg_catalog.pg_constraint k JOIN rel c ON c.oid = k.conrelid
	LEFT JOIN pg_catalog.pg_description d ON d.classoid = 'pg_catalog.pg_constraint'::regclass AND d.objoid = k.oid
	WHERE k.contype = 'n' AND c.relkind IN ('r', 'p') ORDER BY k.conrelid, k.conkey[1]`

func (in *inspector) loadNotNulls(ctx context.Context) error {
	if in.version < 18 {
		in.dropInheritedNotNulls()
		return nil
	}
	var all []notNull
	doubted := map[*catalog.Column]bool{}
	err := in.each(ctx, "not-null constraints", in.rel()+notNullsQuery, func(rows pgx.Rows) error {
		var oid uint32
		var number int16
		var n notNull
		if err := rows.Scan(&oid, &number, &n.name, &n.noInherit, &n.valid, &n.local, &n.comment); err != nil {
			return err
		}
		if n.of = in.relations[oid]; n.of != nil && n.of.columns[number] != nil {
			n.column = n.of.columns[number]
			doubted[n.column] = !n.valid
			all = append(all, n)
		}
		return nil
	})
	for _, n := range all {
		in.addNotNull(n, doubted)
	}
	return err
}

// notNull is a not-null constraint as PostgreSQL 18 keeps it.
type notNull struct {
	name                    string
	noInherit, valid, local bool
	comment                 string
	of                      *relation
	column                  *catalog.Column
}

// addNotNull says how a column's NOT NULL is made. doubted are the columns whose rows may break it.
func (in *inspector) addNotNull(n notNull, doubted map[*catalog.Column]bool) {
	r, c := n.of, n.column
	plain := n.name == defaultName(r.name.Name, c.Name, "not_null")
	clause := "NOT NULL"
	if n.noInherit {
		clause += " NO INHERIT"
	}
	if !plain || n.comment != "" {
		clause = "CONSTRAINT " + quote(n.name) + " " + clause
	}
	switch {
	case !n.valid && n.local:
		c.NotNull = false
		// With those of children and partitions, which it makes or finds.
		in.tableObject(r, "not-null constraint", n.name, catalog.AtEnd, fmt.Sprintf("ALTER TABLE %s ADD CONSTRAINT %s NOT NULL %s NOT VALID",
			quoteName(r.name), quote(n.name), quote(c.Name)))
	case !n.valid:
		c.NotNull = false // its parent's brings it
	case !n.local && in.parentIn(r, c.Name, doubted):
		c.NotNull = false
		in.tableObject(r, "valid not-null constraint", n.name, catalog.AtEnd, "ALTER TABLE "+quoteName(r.name)+" VALIDATE CONSTRAINT "+quote(n.name))
	case c.Inherited && !n.local:
		c.NotNullAs = inheritedNotNull
	case !n.local && r.table != nil && r.table.PartitionOf == nil:
		c.NotNullAs = catalog.MergedNotNull
	case clause != "NOT NULL":
		c.NotNullAs = clause
	}
	if n.comment != "" {
		in.tableObject(r, "comment", n.name, catalog.AtEnd, fmt.Sprintf("COMMENT ON CONSTRAINT %s ON %s IS %s", quote(n.name), quoteName(r.name), quoteLiteral(n.comment)))
	}
}

// inheritedNotNull stands in NotNullAs when the parent's column brings NOT NULL with it.
const inheritedNotNull = "INHERITED"

// dropInheritedNotNulls tells a NOT NULL of a child's own from its parent's, for servers that do not record it.
func (in *inspector) dropInheritedNotNulls() {
	for _, r := range in.relations {
		if r.table == nil || r.table.PartitionOf != nil {
			continue
		}
		for _, c := range r.columns {
			if c.Inherited && c.NotNull && in.parentNotNull(r, c.Name) {
				c.NotNullAs = inheritedNotNull
			}
		}
	}
}

func (in *inspector) parentNotNull(r *relation, column string) bool {
	return in.anyParent(r, column, func(c *catalog.Column) bool { return c.NotNull })
}

func (in *inspector) parentIn(r *relation, column string, set map[*catalog.Column]bool) bool {
	return in.anyParent(r, column, func(c *catalog.Column) bool { return set[c] })
}

// anyParent reports whether the condition holds for the column of a parent.
func (in *inspector) anyParent(r *relation, column string, holds func(*catalog.Column) bool) bool {
	for _, p := range r.parents {
		parent := in.relations[p]
		if parent == nil || parent.table == nil {
			continue
		}
		if c := parent.table.Column(column); c != nil && holds(c) {
			return true
		}
	}
	return false
}
