package convert

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// convertOne converts a table of one column and returns the column with the report.
func convertOne(t *testing.T, from catalog.Family, to Target, native string, edit func(*catalog.Table, *catalog.Column)) (*catalog.Column, []Note) {
	t.Helper()
	table := tableOf(from, named("s", "t"), "c "+native)
	if edit != nil {
		edit(table, table.Columns[0])
	}
	source := &catalog.Catalog{Family: from, Schemas: []*catalog.Schema{{Name: "s", Collation: "utf8mb4_bin", Tables: []*catalog.Table{table}}}}
	r, err := Convert(Input{Source: source, Plan: planFor(source, "s"), To: to, Options: everything})
	require.NoError(t, err)
	return r.Tables[0].Columns[0], r.Report
}

func TestDefaults(t *testing.T) {
	for _, c := range []struct {
		from        catalog.Family
		to          Target
		native, sql string
		want        string // empty: none
		reported    bool
	}{
		{pg, toMariaDB, "integer", "0", "0", false},
		{pg, toMariaDB, "integer", "'-5'::integer", "-5", false},
		{pg, toMariaDB, "integer", "(- 5)", "-5", false},
		{pg, toMariaDB, "integer", "NULL::integer", "", false},
		{pg, toMariaDB, "varchar(9)", "'it''s \\'::character varying", `'it''s \\'`, false},
		{pg, toMariaDB, "text", "E'a\\nb'::text", "('a\nb')", false},
		{pg, toMariaDB, "varchar(9)", "CURRENT_USER", "", true},
		{pg, toMariaDB, "date", "CURRENT_DATE", "(curdate())", false},
		{pg, toMariaDB, "date", "'2020-02-29'::date", "'2020-02-29'", false},
		{pg, toMariaDB, "date", "'now'::text::date", "", true},
		{pg, toMariaDB, "timestamp(3)", "LOCALTIMESTAMP", "CURRENT_TIMESTAMP(3)", false},
		{pg, toMariaDB, "timestamp", "(now() AT TIME ZONE 'utc'::text)", "(utc_timestamp(6))", false},
		{pg, toMariaDB, "timestamp", "timezone('utc'::text, now())", "(utc_timestamp(6))", false},
		{pg, toSQLite, "timestamp", "timezone('utc'::text, now())", "CURRENT_TIMESTAMP", false},
		{pg, toSQLite, "timestamp", "now()", "CURRENT_TIMESTAMP", true},
		{pg, toMariaDB, "timestamptz", "'2020-01-01 00:00:00+00'::timestamp with time zone", "", true},
		{pg, toMariaDB, "time", "CURRENT_TIME", "(curtime())", false},
		{pg, toMariaDB, "uuid", "uuid_generate_v4()", "(uuid())", false},
		{pg, toMariaDB, "bytea", `'\x00ff'::bytea`, "(x'00ff')", false},
		{pg, toMariaDB, "bit(3)", "B'101'::bit(3)", "'101'", false},
		{pg, toMariaDB, "boolean", "false", "FALSE", false},
		{pg, toSQLite, "numeric(30,2)", "1.10", "'1.10'", false},
		{pg, toMariaDB, "integer", "nextval('s.own'::regclass)", "", true},
		{pg, toMariaDB, "integer[]", "ARRAY[1]", "", true},
		{my, toPostgres, "int", "'7'", "7", false},
		{my, toPostgres, "bit(1)", "b'0'", "FALSE", false},
		{my, toPostgres, "varbinary(4)", "x'0Aff'", `'\x0aff'::bytea`, false},
		{my, toPostgres, "char(36)", "uuid()", "(gen_random_uuid())::text", false},
		{my, toPostgres, "uuid", "uuid()", "gen_random_uuid()", false},
		{my, toPostgres, "timestamp", "current_timestamp()", "CURRENT_TIMESTAMP", false},
		{my, toPostgres, "datetime", "'0000-00-00 00:00:00'", "", true},
		{my, toPostgres, "double", "rand()", "", true},
		{sl, toPostgres, "BOOLEAN", "0", "FALSE", false},
		{sl, toPostgres, "BOOLEAN", "2", "", true},
		{sl, toPostgres, "DATETIME", "(datetime('now'))", "(now() AT TIME ZONE 'utc')", false},
		{sl, toPostgres, "DATETIME", "(datetime('now', 'localtime'))", "", true},
		{sl, toMariaDB, "INTEGER", "'seven'", "", true},
		{sl, toPostgres, "TEXT", "5", "'5'", false},
	} {
		col, report := convertOne(t, c.from, c.to, c.native, func(_ *catalog.Table, col *catalog.Column) { col.Default = &c.sql })
		var notes []Note
		for _, n := range report {
			if n.Kind == "default" {
				notes = append(notes, n)
			}
		}
		require.Equal(t, c.reported, len(notes) == 1, "%s default %s: %v", c.native, c.sql, notes)
		if c.want == "" {
			require.Nil(t, col.Default, "%s default %s", c.native, c.sql)
			continue
		}
		require.NotNil(t, col.Default, "%s default %s: %v", c.native, c.sql, notes)
		require.Equal(t, c.want, *col.Default, "%s default %s", c.native, c.sql)
	}
}

func TestIdentities(t *testing.T) {
	numbered := func(key bool, next int64) func(*catalog.Table, *catalog.Column) {
		return func(t *catalog.Table, col *catalog.Column) {
			col.Identity = catalog.Identity{Kind: catalog.IdentityByDefault, Next: next}
			if key {
				t.PrimaryKey = &catalog.Key{Columns: []string{"c"}}
			}
		}
	}
	for _, c := range []struct {
		from    catalog.Family
		to      Target
		native  string
		key     bool
		want    string
		numbers bool
	}{
		{pg, toMariaDB, "integer", true, "int", true},
		{pg, toMariaDB, "integer", false, "int", false},
		{pg, toSQLite, "bigint", true, "INTEGER", true},
		{pg, toSQLite, "bigint", false, "INTEGER", false},
		{my, toPostgres, "bigint unsigned", true, "bigint", true},
		{my, toPostgres, "int unsigned", false, "bigint", true},
		{my, toSQLite, "bigint unsigned", true, "INTEGER", true},
		{my, toPostgres, "double", true, "double precision", false},
		{sl, toPostgres, "INTEGER", true, "bigint", true},
	} {
		col, report := convertOne(t, c.from, c.to, c.native, numbered(c.key, 42))
		require.Equal(t, c.want, col.NativeType)
		require.Equal(t, c.numbers, col.Identity.Kind == catalog.IdentityByDefault, "%s: %v", c.native, report)
		if c.numbers {
			require.Equal(t, int64(42), col.Identity.Next)
			continue
		}
		require.NotEmpty(t, report)
		require.Zero(t, col.Identity)
	}
	// SQLite numbers an INTEGER PRIMARY KEY that is not declared to, and only that.
	col, _ := convertOne(t, sl, toPostgres, "INTEGER", func(t *catalog.Table, _ *catalog.Column) {
		t.PrimaryKey = &catalog.Key{Columns: []string{"c"}}
	})
	require.Equal(t, catalog.IdentityByDefault, col.Identity.Kind)
	col, _ = convertOne(t, sl, toPostgres, "INT", func(t *catalog.Table, _ *catalog.Column) {
		t.PrimaryKey = &catalog.Key{Columns: []string{"c"}}
	})
	require.Zero(t, col.Identity)
}

func TestChecksThatMySQLRefusesStayBehind(t *testing.T) {
	_, report := convertOne(t, pg, toMySQL, "integer", func(t *catalog.Table, col *catalog.Column) {
		col.Identity = catalog.Identity{Kind: catalog.IdentityAlways}
		t.PrimaryKey = &catalog.Key{Columns: []string{"c"}}
		t.Checks = []*catalog.Check{{Name: "positive", Expression: "(c > 0)"}}
	})
	require.Len(t, report, 1)
	require.Contains(t, report[0].Text, `MySQL allows no check over column "c"`)
}
