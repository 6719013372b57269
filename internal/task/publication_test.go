package task_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestPublicationOfTheUser: PublicationName is used when it publishes all that is followed, and kept; else it is said what it lacks, and
// how to mend it.
func TestPublicationOfTheUser(t *testing.T) {
	source, target := newEnd(t, "postgresql-15"), newEnd(t, "sqlite")
	source.exec(t, "CREATE TABLE a (id int PRIMARY KEY, v text)", "CREATE TABLE b (id int PRIMARY KEY, v text)", "INSERT INTO a VALUES (1, 'x')")
	named := func(c *taskConfig) { c.Source.Settings = map[string]string{"PublicationName": "mine"} }
	refused := func(text, remedy string) {
		t.Helper()
		c := changesConfig(source, target)
		named(&c)
		_, err := run(t.Context(), c)
		require.ErrorContains(t, err, text)
		require.ErrorContains(t, err, remedy)
		require.Equal(t, []string{"0"}, source.column(t, "SELECT count(*) FROM pg_replication_slots WHERE database = current_database()"), "what was refused keeps nothing")
	}
	refused(`no publication "mine" (setting PublicationName)`, `CREATE PUBLICATION "mine" FOR TABLE "public"."a", "public"."b"`)
	source.exec(t, "CREATE PUBLICATION mine FOR TABLE a")
	refused("it lacks 1 of 2 tables, public.b", `ALTER PUBLICATION "mine" SET TABLE`)
	source.exec(t, "ALTER PUBLICATION mine ADD TABLE b", "ALTER PUBLICATION mine SET (publish = 'insert')")
	refused("does not publish all of insert, update, delete", "publish = 'insert, update, delete, truncate'")
	source.exec(t, "ALTER PUBLICATION mine SET (publish = 'insert, update, delete, truncate')", "ALTER PUBLICATION mine SET TABLE a WHERE (id > 0), b")
	refused("leaves rows or columns out", "ALTER PUBLICATION")

	source.exec(t, "ALTER PUBLICATION mine SET TABLE a, b")
	load(t, source, target, named)
	source.exec(t, "INSERT INTO b VALUES (1, 'y')", "UPDATE a SET v = 'z'")
	catchUp(t, source, target, named)
	require.Equal(t, []string{"z"}, target.text(t, "a", "v"))
	require.Equal(t, []string{"y"}, target.text(t, "b", "v"))
	c := changesConfig(source, target)
	named(&c)
	release(t, c)
	require.Equal(t, []string{"mine"}, source.column(t, "SELECT pubname FROM pg_publication"))
}
