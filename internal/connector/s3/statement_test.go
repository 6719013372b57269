package s3

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector/s3/store"
	"github.com/whimbreldb/whimbrel/internal/datatype"
	"github.com/whimbreldb/whimbrel/internal/typemap"
)

func typed(name string, t datatype.Type, notNull bool) *catalog.Column {
	c := &catalog.Column{Name: name, NativeType: typemap.ToLake(t, typemap.Use{}), NotNull: notNull}
	c.BaseType, c.Type = typemap.FromNative(catalog.Lake, c.NativeType)
	return c
}

// TestStatementsAreReadBack: what the dialect writes is what the target understands.
func TestStatementsAreReadBack(t *testing.T) {
	table := &catalog.Table{
		Name: catalog.Name{Schema: `a "b`, Name: "c.d, (e"}, Rows: -1, Bytes: -1, PrimaryKey: &catalog.Key{Columns: []string{`x"`, "y"}},
		Columns: []*catalog.Column{
			typed(`x"`, datatype.Type{Kind: datatype.Numeric, Precision: 12, Scale: 2}, true), typed("y", datatype.Type{Kind: datatype.WString, Length: 40}, true),
			typed("z", datatype.Type{Kind: datatype.DateTime, Scale: 6, Hint: datatype.WithZone}, false), typed("u", datatype.Type{Kind: datatype.Numeric, Hint: datatype.Unbounded}, false),
		},
	}
	d := Dialect{}
	s, err := parse(d.Script(table, false).Create[0].SQL)
	require.NoError(t, err)
	require.Equal(t, table, s.table)
	changed := func(sql string) *catalog.Table {
		s, err := parse(sql)
		require.NoError(t, err, sql)
		require.Equal(t, table.Name, s.name)
		copied := *table
		key := *table.PrimaryKey
		key.Columns = append([]string(nil), key.Columns...)
		copied.PrimaryKey = &key
		s.apply(&copied)
		return &copied
	}
	more := typed("more", datatype.Type{Kind: datatype.Int4}, false)
	require.Equal(t, append(append([]*catalog.Column{}, table.Columns...), more), changed(d.AddColumn(table.Name, more)[0].SQL).Columns)
	require.Len(t, changed(d.DropColumn(table.Name, "z")[0].SQL).Columns, 3)
	renamed := changed(d.RenameColumn(table.Name, `x"`, "w")[0].SQL)
	require.Equal(t, "w", renamed.Columns[0].Name)
	require.Equal(t, "w", renamed.PrimaryKey.Columns[0])
	require.Equal(t, datatype.Int4, changed(d.ChangeType(table.Name, typed("z", datatype.Type{Kind: datatype.Int4}, false))[0].SQL).Columns[2].Type.Kind)
	s, err = parse(d.RenameTable(table.Name, catalog.Name{Schema: "s", Name: "t"})[0].SQL)
	require.NoError(t, err)
	require.Equal(t, catalog.Name{Schema: "s", Name: "t"}, s.to)
	for _, sql := range []string{"", "SELECT 1", `CREATE TABLE "a"."b" (`, `DROP TABLE "a"."b" CASCADE`, `ALTER TABLE "a"."b" ADD COLUMN "c" NOTYPE`} {
		_, err := parse(sql)
		require.Error(t, err, sql)
	}
}

// TestDefinitionThatCannotBeRead says which one, and what would be right.
func TestDefinitionThatCannotBeRead(t *testing.T) {
	at := store.NewFolder(t.TempDir())
	name := catalog.Name{Schema: "s", Name: "t"}
	for statement, says := range map[string]string{`DROP TABLE "s"."t"`: "want a CREATE TABLE statement", "nonsense": "not a statement of files"} {
		require.NoError(t, putJSON(t.Context(), at, definitionKey(name), definition{statement}))
		_, err := definitionOf(t.Context(), at, name)
		require.ErrorContains(t, err, says)
		require.ErrorContains(t, err, "_awsdms_control/tables/s/t.json")
		require.NotContains(t, err.Error(), "nil")
	}
}

// FuzzStatement: a definition in the store may be anything.
func FuzzStatement(f *testing.F) {
	f.Add(`CREATE TABLE "a"."b" ("c" INT4 NOT NULL, "d" NUMERIC(1,2), PRIMARY KEY ("c"))`)
	f.Add(`ALTER TABLE "a"."b" RENAME COLUMN "c" TO "d"`)
	f.Fuzz(func(t *testing.T, sql string) {
		s, err := parse(sql)
		if err != nil || s.verb != "CREATE" {
			return
		}
		again, err := parse(Dialect{}.Script(s.table, false).Create[0].SQL)
		require.NoError(t, err)
		require.Equal(t, s.table.Name, again.table.Name)
		require.Len(t, again.table.Columns, len(s.table.Columns))
	})
}

func TestNamesOfKeys(t *testing.T) {
	for name, want := range map[string]string{"plain": "plain", "a/b": "a%2Fb", "..": "%2E.", "": "%", "50%": "50%25", "_awsdms_control": "%5Fawsdms_control", "é": "é"} {
		require.Equal(t, want, component(name))
	}
	for name, data := range map[string]bool{
		"LOAD00000001.csv": true, "LOAD0000000A.parquet": true, "20261126-031500123.csv.gz": true, "2026/11/26/20261126-031500123.parquet": true, "20261126/20261126-0315001230.csv": true,
		"readme.txt": false, "LOAD1.csv": false, "x/20261126-031500123.csv": false,
	} {
		require.Equal(t, data, isData(name), name)
	}
}
