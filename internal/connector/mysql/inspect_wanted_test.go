package mysql

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// TestOnlyWantedDatabasesAreInspected, so that one with a view whose definition the user may not see, or with thousands of
// tables, does not matter where another is moved; what a view needs of it is known all the same.
func TestOnlyWantedDatabasesAreInspected(t *testing.T) {
	for name, d := range map[string]func(testing.TB) *servertest.Database{"MariaDB": servertest.MariaDB, "MySQL": servertest.MySQL} {
		t.Run(name, func(t *testing.T) {
			d := d(t)
			f := newFixture(t, d)
			other, third := d.Name+"_other", d.Name+"_third"
			f.exec("CREATE DATABASE "+other, "CREATE TABLE "+other+".t (id INT)", "CREATE VIEW "+other+".hidden AS SELECT 1 AS one",
				"CREATE DATABASE "+third, "CREATE TABLE "+third+".t (id INT)",
				"CREATE TABLE t (id INT)", "CREATE VIEW v AS SELECT "+other+".id FROM t JOIN "+third+".t AS "+other+" USING (id)")
			f.asUser(d, "SELECT, SHOW VIEW ON "+d.Name+".*", "SELECT ON "+other+".*", "SELECT ON "+third+".*")
			_, err := f.source.Inspect(t.Context(), connector.InspectOptions{Objects: true})
			require.ErrorContains(t, err, "hidden")
			c, err := f.source.Inspect(t.Context(), connector.InspectOptions{Objects: true, Wanted: func(server *catalog.Catalog, schema string) bool {
				return schema == server.Database || strings.HasPrefix(schema, "absent")
			}})
			require.NoError(t, err)
			require.Len(t, c.Schemas, 1)
			require.Len(t, c.Schemas[0].Tables, 1)
			require.ElementsMatch(t, []catalog.Name{{Schema: d.Name, Name: "t"}, {Schema: third, Name: "t"}}, c.Schemas[0].Views[0].Needs)

			none, err := f.source.Inspect(t.Context(), connector.InspectOptions{Wanted: func(*catalog.Catalog, string) bool { return false }})
			require.NoError(t, err)
			require.Empty(t, none.Schemas)
		})
	}
}
