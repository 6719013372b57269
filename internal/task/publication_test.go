package task_test

import (
	"bytes"
	"log/slog"
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

// TestTablesWithoutAKey: the application of a PostgreSQL source updates and deletes in them while they are followed; what of them is not
// followed is said, and ends when they get a key.
func TestTablesWithoutAKey(t *testing.T) {
	for _, kind := range []string{"sqlite", "postgresql-15"} {
		t.Run(kind, func(t *testing.T) {
			source, target := newEnd(t, "postgresql-18"), newEnd(t, kind)
			source.exec(t, "CREATE TABLE bare (id int NOT NULL, v text)", "CREATE TABLE fine (id int PRIMARY KEY, v text)", "INSERT INTO bare VALUES (1, 'a'), (2, 'b')",
				"CREATE TABLE parted (id int, v text) PARTITION BY LIST (id)", "CREATE TABLE parted_1 PARTITION OF parted FOR VALUES IN (1)")
			var told bytes.Buffer
			logged := func(c *taskConfig) { c.Log = slog.New(slog.NewTextHandler(&told, nil)) }
			load(t, source, target, logged)
			require.Contains(t, told.String(), "table public.bare: it has no primary key: its updates and deletes are not followed")
			require.Contains(t, told.String(), "REPLICA IDENTITY FULL")
			source.exec(t, "UPDATE bare SET v = v", "DELETE FROM bare WHERE id = 3", "INSERT INTO bare VALUES (4, 'd')", "INSERT INTO fine VALUES (1, 'x')", "UPDATE fine SET v = 'y'",
				"INSERT INTO parted VALUES (1, 'p')", "UPDATE parted SET v = v", "DELETE FROM parted WHERE id = 2",
				"CREATE TABLE parted_2 PARTITION OF parted FOR VALUES IN (2)", "INSERT INTO parted VALUES (2, 'q')", "UPDATE parted SET v = v")
			told.Reset()
			catchUp(t, source, target, logged)
			require.Contains(t, told.String(), "their updates and deletes are not followed")
			require.ElementsMatch(t, []string{"a", "b", "d"}, target.text(t, "bare", "v"))
			require.Equal(t, []string{"y"}, target.text(t, "fine", "v"))
			require.ElementsMatch(t, []string{"p", "q"}, target.text(t, "parted", "v"))

			source.exec(t, "ALTER TABLE bare ADD PRIMARY KEY (id)", "UPDATE bare SET v = 'c' WHERE id = 2", "DELETE FROM bare WHERE id = 1")
			catchUp(t, source, target)
			require.ElementsMatch(t, []string{"c", "d"}, target.text(t, "bare", "v"))
		})
	}
}

// TestPublicationOfBefore: a run that an earlier version has begun, with all tables in one publication, goes on, and leaves the
// application alone from the second start on at the latest.
func TestPublicationOfBefore(t *testing.T) {
	source, target := newEnd(t, "postgresql-15"), newEnd(t, "sqlite")
	source.exec(t, "CREATE TABLE bare (id int, v text)", "INSERT INTO bare VALUES (1, 'a')")
	load(t, source, target)
	source.exec(t, `DO $$ DECLARE p record; BEGIN
 FOR p IN SELECT pubname, left(pubname, 61) || '_i' AS part FROM pg_publication WHERE pubupdate LOOP
  EXECUTE format('ALTER PUBLICATION %I ADD TABLE bare', p.pubname); EXECUTE format('DROP PUBLICATION %I', p.part); EXECUTE format('COMMENT ON PUBLICATION %I IS NULL', p.pubname);
 END LOOP; END $$`, "INSERT INTO bare VALUES (2, 'b')")
	catchUp(t, source, target)
	source.exec(t, "INSERT INTO bare VALUES (3, 'c')")
	catchUp(t, source, target)
	source.exec(t, "INSERT INTO bare VALUES (4, 'd')", "UPDATE bare SET v = v", "DELETE FROM bare WHERE id = 5")
	catchUp(t, source, target)
	require.ElementsMatch(t, []string{"a", "b", "c", "d"}, target.text(t, "bare", "v"))
}
