package mysql

import (
	"context"
	"fmt"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// Keys of catalog.Table.Native. With "create" the text of SHOW CREATE TABLE is known, and with "options" what follows
// the closing parenthesis in it; the others are known always.
const (
	nativeCreate    = "create"
	nativeOptions   = "options"
	nativeEngine    = "engine"
	nativeCharset   = "charset"
	nativeCollation = "collation"
	nativeVersioned = "system versioned"
	// nativeServer is the flavour of the server whose texts these are, nativePartition the clause alone, for a table
	// that is on its way from one flavour to the other.
	nativeServer    = "server"
	nativePartition = "partition"
	// nativePeriods are the PERIOD clauses, separated by line feeds.
	nativePeriods = "periods"
	// nativeAttributes is information_schema's own list: row_format=DYNAMIC partitioned …
	nativeAttributes = "create options"
	// nativeLayout is how the table is partitioned: a division.
	nativeLayout = "partitions"
	// nativeAssumed is how far the server's log went when a stream took the table to be as the server had it.
	nativeAssumed = "assumed at"
)

func (i *inspector) readSchemas(ctx context.Context) error {
	comment := "''"
	if i.release.flavour == MariaDB && i.release.version >= 100500 {
		comment = "schema_comment"
	}
	query := "SELECT schema_name, default_character_set_name, default_collation_name, " + comment +
		" FROM information_schema.schemata WHERE %s ORDER BY schema_name"
	err := i.each(ctx, "databases", query, "schema_name", "", func(scan scanFunc) error {
		s := &catalog.Schema{}
		if err := scan(&s.Name, &s.Charset, &s.Collation, &s.Comment); err != nil {
			return err
		}
		if i.o.Wanted != nil && !i.o.Wanted(i.catalog, s.Name) {
			i.leftOut[s.Name] = true
			return nil
		}
		i.schemas[s.Name] = s
		i.catalog.Schemas = append(i.catalog.Schemas, s)
		return nil
	})
	if len(i.leftOut) > 0 {
		for _, s := range i.catalog.Schemas {
			i.scope.schemas = append(i.scope.schemas, s.Name)
		}
	}
	return err
}

const tablesQuery = `SELECT t.table_schema, t.table_name, t.table_type, COALESCE(t.engine, ''), COALESCE(t.table_rows, -1),
	COALESCE(t.data_length, -1), COALESCE(t.auto_increment, 0), COALESCE(t.table_collation, ''), COALESCE(t.create_options, ''),
	COALESCE(t.table_comment, '')
FROM information_schema.tables t WHERE %s ORDER BY t.table_schema, t.table_name`

func (i *inspector) readTables(ctx context.Context) error {
	return i.each(ctx, "tables", tablesQuery, "t.table_schema", "t.table_name", func(scan scanFunc) error {
		var r tableRow
		if err := scan(&r.name.Schema, &r.name.Name, &r.kind, &r.engine, &r.rows, &r.bytes, &r.next, &r.collation, &r.attributes, &r.comment); err != nil {
			return err
		}
		s := i.schemas[r.name.Schema]
		if s == nil {
			return nil
		}
		switch r.kind {
		case "VIEW":
			v := &catalog.View{Name: r.name, Rows: -1, Bytes: -1}
			s.Views, i.views[r.name] = append(s.Views, v), v
		case "SEQUENCE":
			q := &catalog.Sequence{Name: r.name, Comment: r.comment, Engine: r.engine}
			s.Sequences, i.sequences[r.name] = append(s.Sequences, q), q
		case "BASE TABLE", "SYSTEM VERSIONED":
			t := r.table()
			s.Tables, i.tables[r.name] = append(s.Tables, t), t
		}
		return nil
	})
}

// tableRow is a row of information_schema.tables.
type tableRow struct {
	name                                         catalog.Name
	kind, engine, collation, attributes, comment string
	rows, bytes                                  int64
	next                                         uint64
}

func (r tableRow) table() *catalog.Table {
	t := &catalog.Table{Name: r.name, Rows: r.rows, Bytes: r.bytes, Comment: r.comment, Native: map[string]string{}}
	set := func(key, value string) {
		if value != "" {
			t.Native[key] = value
		}
	}
	set(nativeEngine, r.engine)
	t.Elsewhere = elsewhere[strings.ToUpper(r.engine)]
	set(nativeCollation, r.collation)
	set(nativeCharset, charsetOf(r.collation))
	set(nativeAttributes, r.attributes)
	if r.kind == "SYSTEM VERSIONED" {
		set(nativeVersioned, "yes")
	}
	if r.next > 0 {
		// readColumns moves it to the column that counts.
		t.Native[nextValue] = fmt.Sprint(r.next)
	}
	return t
}

// elsewhere are the storage engines whose tables show the rows of others. mysqldump leaves their rows out, too.
var elsewhere = map[string]catalog.Elsewhere{
	"MRG_MYISAM": catalog.InTables, "FEDERATED": catalog.OnServer, "SPIDER": catalog.OnServer,
}

// nextValue is where a table's next AUTO_INCREMENT value waits for its column.
const nextValue = "auto_increment"

// charsetOf returns the character set a collation belongs to: its name up to the first underscore.
func charsetOf(collation string) string {
	name, _, _ := strings.Cut(collation, "_")
	return name
}

func partitioned(t *catalog.Table) bool {
	return strings.Contains(t.Native[nativeAttributes], "partitioned")
}

// partitionedPerQuery bounds the lookups in one query: each names its table, which spares the server from opening
// all others.
const partitionedPerQuery = 50

func (i *inspector) readPartitions(ctx context.Context) error {
	var parted []*catalog.Table
	for _, s := range i.catalog.Schemas {
		for _, t := range s.Tables {
			if partitioned(t) {
				parted = append(parted, t)
			}
		}
	}
	for len(parted) > 0 {
		n := min(len(parted), partitionedPerQuery)
		if err := i.readPartitionsOf(ctx, parted[:n]); err != nil {
			return err
		}
		parted = parted[n:]
	}
	return nil
}

func (i *inspector) readPartitionsOf(ctx context.Context, tables []*catalog.Table) error {
	const one = `(SELECT %d AS t, partition_name, partition_ordinal_position AS p, COALESCE(partition_description, '') AS d,
		CONCAT_WS(' ', partition_method, partition_expression, subpartition_method, subpartition_expression) AS e
		FROM information_schema.partitions WHERE table_schema = ? AND table_name = ? AND partition_name IS NOT NULL)`
	var parts []string
	var args []any
	for n, t := range tables {
		parts = append(parts, fmt.Sprintf(one, n))
		args = append(args, t.Name.Schema, t.Name.Name)
	}
	divisions := make([]division, len(tables))
	query := "SELECT DISTINCT t, partition_name, p, d, e FROM (" + strings.Join(parts, " UNION ALL ") + ") parts ORDER BY t, p"
	err := each(ctx, i.q, "inspect partitions", query, args, func(scan scanFunc) error {
		var n, position int
		var b partition
		var by string
		if err := scan(&n, &b.Name, &position, &b.Values, &by); err != nil {
			return err
		}
		divisions[n].By, divisions[n].Parts = by, append(divisions[n].Parts, b)
		return nil
	})
	for n, l := range divisions {
		if l.By != "" {
			*tables[n] = *l.of(tables[n])
		}
	}
	return err
}
