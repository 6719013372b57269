package mysql

import (
	"database/sql"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/servertest"
)

func text(s string) *string { return &s }

func TestMariaDBTableForMySQL(t *testing.T) {
	table := &catalog.Table{
		Name: catalog.Name{Schema: "d", Name: "t"},
		Columns: []*catalog.Column{
			{Name: "id", NativeType: "uuid", BaseType: "uuid", NotNull: true, Default: text("uuid()")},
			{Name: "n", NativeType: "bigint(20)", BaseType: "bigint", Default: text("nextval(`d`.`s`)")},
			{Name: "v", NativeType: "longtext /*M!100301 COMPRESSED*/", BaseType: "longtext", Default: text("'x'")},
			{Name: "p", NativeType: "point", BaseType: "point", NotNull: true, Native: "REF_SYSTEM_ID=4326"},
			{Name: "at", NativeType: "datetime", BaseType: "datetime", Default: text("current_timestamp()"), Native: "ON UPDATE current_timestamp()"},
			{Name: "g", NativeType: "int(11)", BaseType: "int", Generated: "`n` + 1", Stored: true, Native: "INVISIBLE"},
		},
		PrimaryKey: &catalog.Key{Name: primaryName, Columns: []string{"id"}, DDL: "PRIMARY KEY (`id`)"},
		Indexes:    []*catalog.Index{{Name: "i", Parts: []catalog.IndexPart{{Column: "n"}}, DDL: "ALTER TABLE `d`.`t` ADD KEY `i` (`n`) IGNORED"}},
		Comment:    "utf8mb4_uca1400_ai_ci",
		Native: map[string]string{
			nativeServer: "mariadb", nativeCreate: "CREATE TABLE `t` (…)", nativeEngine: "Aria", nativeCollation: "utf8mb4_uca1400_ai_ci", nativeVersioned: "yes",
			nativeOptions: "ENGINE=Aria COMMENT='PARTITION BY' TRANSACTIONAL=1 WITH SYSTEM VERSIONING\n PARTITION BY HASH (`n`)\nPARTITIONS 2",
		},
	}
	d := Dialect{Flavour: MySQL, Version: 80036}
	s := d.Script(table, false)
	require.Equal(t, strings.Join([]string{
		"CREATE TABLE `d`.`t` (", "  `id` char(36) NOT NULL DEFAULT (uuid()),", "  `n` bigint(20) NULL,", "  `v` longtext NULL DEFAULT ('x'),",
		"  `p` point NOT NULL SRID 4326,", "  `at` datetime NULL ON UPDATE current_timestamp() DEFAULT current_timestamp(),",
		"  `g` int(11) GENERATED ALWAYS AS (`n` + 1) STORED INVISIBLE,", "  PRIMARY KEY (`id`)",
		") ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci COMMENT='utf8mb4_uca1400_ai_ci' PARTITION BY HASH (`n`)", "PARTITIONS 2",
	}, "\n"), s.Create[0].SQL)
	require.Equal(t, "ALTER TABLE `d`.`t` ADD KEY `i` (`n`)", s.Indexes[0].SQL)
	require.Len(t, d.Changes(table), 6)
	require.Empty(t, Dialect{Flavour: MariaDB}.Changes(table))
	require.Empty(t, Dialect{}.Changes(table))
}

func TestMySQLTableForMariaDB(t *testing.T) {
	server := servertest.MariaDB(t)
	db := open(t, server.Server)
	table := &catalog.Table{
		Name: catalog.Name{Schema: server.Name, Name: "t"},
		Columns: []*catalog.Column{
			{Name: "id", NativeType: "int", BaseType: "int", NotNull: true, Identity: catalog.Identity{Kind: catalog.IdentityByDefault, Next: 9}},
			{Name: "j", NativeType: "json", BaseType: "json", Default: text("(_utf8mb4'{}')")},
			{Name: "v", NativeType: "varchar(9)", BaseType: "varchar", Collation: "utf8mb4_0900_as_cs", Native: "INVISIBLE", Default: text("'a'")},
		},
		PrimaryKey: &catalog.Key{Name: primaryName, Columns: []string{"id"}},
		Indexes: []*catalog.Index{
			{Name: "e", Parts: []catalog.IndexPart{{Expression: "lower(`v`)"}}}, {Name: "v", Parts: []catalog.IndexPart{{Column: "v", Descending: true}}},
		},
		Native: map[string]string{
			nativeServer: "mysql", nativeCreate: "CREATE TABLE `t` (…)", nativeEngine: "InnoDB", nativeCollation: "utf8mb4_0900_ai_ci",
			nativeOptions: "ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci\n/*!50100 PARTITION BY HASH (`id`)\nPARTITIONS 2 */",
		},
	}
	d := Dialect{Flavour: MariaDB, Version: 101119}
	require.Len(t, d.Changes(table), 1)
	require.NoError(t, write(t.Context(), db, d, &catalog.Catalog{Schemas: []*catalog.Schema{{Name: server.Name, Tables: []*catalog.Table{table}}}}))
	got, err := inspectScope(t.Context(), db, connector.InspectOptions{Objects: true}, scope{schema: server.Name, tables: []string{"t"}})
	require.NoError(t, err)
	made := got.Table(table.Name)
	require.Equal(t, []string{"p0", "p1"}, made.Partitions)
	require.Equal(t, "json", made.Column("j").BaseType)
	require.Equal(t, &catalog.Column{NativeType: "geometrycollection", BaseType: "geomcollection", Native: "REF_SYSTEM_ID=4326"},
		(&adapter{to: MariaDB}).column(table, &catalog.Column{NativeType: "geomcollection", BaseType: "geomcollection", Native: "SRID 4326"}))
	require.Equal(t, "utf8mb4_uca1400_nopad_as_cs", made.Column("v").Collation)
	require.EqualValues(t, 9, made.Column("id").Identity.Next)
	require.True(t, made.Indexes[0].Parts[0].Descending)
}

func TestTableOfAnotherEngineTellsTextsApart(t *testing.T) {
	for _, flavour := range []Flavour{AnyFlavour, MariaDB} {
		server := servertest.MariaDB(t)
		db := open(t, server.Server)
		n := catalog.Name{Schema: server.Name, Name: "t"}
		s := Dialect{Flavour: flavour}.Script(&catalog.Table{
			Name: n, Columns: []*catalog.Column{
				{Name: "v", NativeType: "varchar(20)", NotNull: true},
				{Name: "n", NativeType: "int", Identity: catalog.Identity{Kind: catalog.IdentityAlways}, NotNull: true},
			},
			PrimaryKey: &catalog.Key{Name: "t_pkey", Columns: []string{"v"}},
		}, false)
		run(t, db, s.Create[0].SQL, "INSERT INTO "+quoteTable(n)+" (v) VALUES ('a'), ('A'), ('á'), ('a '), ('ss'), ('ß')")
	}
}

func TestColumnDefaultOfMySQL(t *testing.T) {
	for _, c := range []struct{ dataType, text, extra, want string }{
		{"varchar", `it's \`, "", `'it''s \\'`}, {"int", "7", "", "'7'"}, {"datetime", "CURRENT_TIMESTAMP(6)", "DEFAULT_GENERATED", "CURRENT_TIMESTAMP(6)"},
		{"json", `json_array(_utf8mb4\'a\')`, "DEFAULT_GENERATED", "(json_array(_utf8mb4'a'))"}, {"bit", "b'101'", "", "b'101'"},
		{"varbinary", "0x00FF", "", "0x00FF"}, {"varchar", "NULL", "", "'NULL'"},
	} {
		r := columnRow{dataType: c.dataType, columnType: c.dataType, extra: c.extra, byDefault: sql.NullString{String: c.text, Valid: true}}
		require.Equal(t, c.want, *r.defaultOf(release{flavour: MySQL, version: 80036}))
	}
}
