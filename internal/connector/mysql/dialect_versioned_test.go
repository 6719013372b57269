package mysql

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// TestVersionedTableIsFinishedAfterItsRows runs the statements after the load on a table that has a history already.
func TestVersionedTableIsFinishedAfterItsRows(t *testing.T) {
	server := servertest.MariaDB(t)
	db := open(t, server.Server)
	n := catalog.Name{Schema: server.Name, Name: "t"}
	table := quoteTable(n)
	run(t, db, "CREATE TABLE "+quoteIdent(n.Schema)+".p (id int PRIMARY KEY)",
		"CREATE TABLE "+table+" (id int AUTO_INCREMENT PRIMARY KEY, p int, v text, KEY (p), FULLTEXT KEY (v), "+
			"FOREIGN KEY (p) REFERENCES p (id)) AUTO_INCREMENT=50 WITH SYSTEM VERSIONING")
	c, err := inspectScope(t.Context(), db, connector.InspectOptions{Objects: true}, scope{schema: n.Schema, tables: []string{"t"}})
	require.NoError(t, err)
	s := Dialect{Flavour: MariaDB}.Script(c.Table(n), false)
	run(t, db, "DROP TABLE "+table, s.Create[0].SQL, "INSERT INTO "+table+" (id, v) VALUES (1, 'x')", "UPDATE "+table+" SET v = 'y'")
	for _, stmt := range slices.Concat(s.Indexes, s.Attach, s.Finish) {
		run(t, db, stmt.SQL)
	}
	again, err := inspectScope(t.Context(), db, connector.InspectOptions{Objects: true}, scope{schema: n.Schema, tables: []string{"t"}})
	require.NoError(t, err)
	require.Equal(t, withoutEstimates(c), withoutEstimates(again))
}
