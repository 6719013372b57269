package mysql

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/servertest"
)

func run(t testing.TB, q querier, statements ...string) {
	t.Helper()
	for _, s := range statements {
		_, err := q.ExecContext(t.Context(), s)
		require.NoError(t, err, s)
	}
}

func TestDescribe(t *testing.T) {
	server := servertest.MariaDB(t)
	db := open(t, server.Server)
	in := func(name string) catalog.Name { return catalog.Name{Schema: server.Name, Name: name} }
	run(t, db,
		"CREATE TABLE "+quoteTable(in("Füll `x`"))+" (id int AUTO_INCREMENT PRIMARY KEY, v varchar(9) UNIQUE) AUTO_INCREMENT=7",
		"INSERT INTO "+quoteTable(in("Füll `x`"))+" VALUES (1, 'a')",
		"CREATE TABLE "+quoteTable(in("empty"))+" (b binary(2) DEFAULT 0xFF00)",
		"CREATE TABLE "+quoteTable(in("awsdms_control"))+" (a int)",
		"CREATE VIEW "+quoteTable(in("view"))+" AS SELECT 1 AS x")

	got, err := describe(t.Context(), db, []catalog.Name{
		in("Füll `x`"), in("empty"), in("missing"), in("EMPTY"), in("view"), in("awsdms_control"), {Schema: "nowhere", Name: "empty"},
	})
	require.NoError(t, err)
	require.Len(t, got, 3)
	full, empty := got[in("Füll `x`")], got[in("empty")]
	require.True(t, full.HasRows)
	require.Equal(t, in("Füll `x`"), full.Table.Name)
	require.Equal(t, []string{"id"}, full.Table.PrimaryKey.Columns)
	require.Equal(t, []string{"v"}, full.Table.Uniques[0].Columns)
	require.EqualValues(t, 7, full.Table.Columns[0].Identity.Next)
	require.False(t, empty.HasRows)
	require.Equal(t, "0xff00", *empty.Table.Columns[0].Default)
	require.NotNil(t, got[in("awsdms_control")], "a target's own tables are asked for by name")
}

func TestDescribeManyTables(t *testing.T) {
	server := servertest.MariaDB(t)
	db := open(t, server.Server)
	var names []catalog.Name
	for n := range rowProbes*2 + 1 {
		name := catalog.Name{Schema: server.Name, Name: fmt.Sprintf("t%d", n)}
		names = append(names, name)
		run(t, db, "CREATE TABLE "+quoteTable(name)+" (a int)")
	}
	run(t, db, "INSERT INTO "+quoteTable(names[rowProbes+3])+" VALUES (1)")
	got, err := describe(t.Context(), db, names)
	require.NoError(t, err)
	for n, name := range names {
		require.NotNil(t, got[name], name)
		require.Equal(t, n == rowProbes+3, got[name].HasRows, name)
	}
}

func TestExists(t *testing.T) {
	server := servertest.MariaDB(t)
	db, schema := open(t, server.Server), server.Name
	s := quoteIdent(schema)
	run(t, db, "CREATE TABLE "+s+".t (id int PRIMARY KEY, a int, b int UNIQUE, KEY i (a), CONSTRAINT c CHECK (a > 0), "+
		"CONSTRAINT f FOREIGN KEY (a) REFERENCES t (id))",
		"CREATE VIEW "+s+".v AS SELECT 1 AS x", "CREATE SEQUENCE "+s+".s", "CREATE PROCEDURE "+s+".p() DO 1",
		"CREATE TRIGGER "+s+".g BEFORE INSERT ON "+s+".t FOR EACH ROW SET NEW.a = 1", "CREATE EVENT "+s+".e ON SCHEDULE EVERY 1 DAY DO DO 1")
	ref := func(kind catalog.RefKind, name, table string) catalog.Ref {
		return catalog.Ref{Kind: kind, Name: catalog.Name{Schema: schema, Name: name}, Table: table}
	}
	for _, r := range []catalog.Ref{
		ref(catalog.SchemaRef, schema, ""), ref(catalog.SchemaRef, "", ""), ref(catalog.TableRef, "t", ""), ref(catalog.IndexRef, "i", "t"),
		ref(catalog.IndexRef, "b", "t"), ref(catalog.PrimaryKeyRef, "t_pkey", "t"), ref(catalog.ConstraintRef, "c", "t"),
		ref(catalog.ConstraintRef, "f", "t"), ref(catalog.ConstraintRef, "b", "t"), ref(catalog.SequenceRef, "s", ""), ref(catalog.ViewRef, "v", ""),
		ref(catalog.ObjectRef, "p", ""), ref(catalog.ObjectRef, "e", ""), ref(catalog.ObjectRef, "g", "t"), ref("procedure", "p", ""), ref("event", "e", ""),
		ref("trigger", "g", "t"),
	} {
		found, err := exists(t.Context(), db, r)
		require.NoError(t, err)
		require.True(t, found, r)
	}
	for _, r := range []catalog.Ref{
		{}, ref(catalog.SchemaRef, "nowhere", ""), ref(catalog.TableRef, "v", ""), ref(catalog.TableRef, "s", ""), ref(catalog.ViewRef, "t", ""),
		ref(catalog.IndexRef, "x", "t"), ref(catalog.IndexRef, "i", "u"), ref(catalog.ConstraintRef, "i", "t"), ref("function", "p", ""),
		ref(catalog.ObjectRef, "g", ""),
	} {
		found, err := exists(t.Context(), db, r)
		require.NoError(t, err)
		require.False(t, found, r)
	}
}
