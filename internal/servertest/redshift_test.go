package servertest

import (
	"strconv"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"
)

// TestRedshiftHasOnlyItsOwnFunctions: what PostgreSQL has and Redshift's documentation does not describe is refused, though the database behind knows it.
func TestRedshiftHasOnlyItsOwnFunctions(t *testing.T) {
	r := NewRedshift(t)
	c, err := pgconn.Connect(t.Context(), "postgres://"+r.User+":"+r.Password+"@127.0.0.1:"+strconv.Itoa(r.Port())+"/"+r.Behind.Name+"?sslmode=disable")
	require.NoError(t, err)
	defer func() { require.NoError(t, c.Close(t.Context())) }()
	run := func(sql string) error {
		_, err := c.Exec(t.Context(), sql).ReadAll()
		return err
	}
	for _, sql := range []string{
		"CREATE TABLE item (id integer NOT NULL, v varchar(20), PRIMARY KEY (id))", "INSERT INTO item (id, v) VALUES (1, 'a(b'), (2, chr(92))", "CREATE TEMP TABLE other (id integer)",
		"SELECT coalesce(min(id), 0), max(CAST(id AS bigint)) FROM item WHERE (id IN (1, 2) OR id = 3) AND v <> 'hashtextextended(v)'", `DELETE FROM item USING (SELECT 1 AS id) AS o WHERE item.id = o.id`,
		"SELECT count(*) FROM item WHERE EXISTS (SELECT 1 FROM other)",
	} {
		require.NoError(t, run(sql), sql)
	}
	for _, sql := range []string{
		"SELECT hashtextextended('a', 0)", "SELECT to_regclass('item')", "SELECT string_agg(v, ',') FROM item", "SELECT pg_catalog.hashtext(v) FROM item", "SELECT encode(sha256('a'), 'hex')",
		"SELECT generate_series(1, 2)", "INSERT INTO item SELECT 1, gen_random_uuid()", "SELECT ctid FROM item", `SELECT v COLLATE "C" FROM item`, "SELECT 1 FROM item WHERE v IS DISTINCT FROM 'a'",
		"UPDATE item SET v = overlay(v placing 'x' from 1)", "SELECT * FROM item, (SELECT pg_sleep(1)) AS s",
	} {
		require.Error(t, run(sql), sql)
	}
}
