package mysql

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// TestStreamFollowsStructure mixes rows and DDL, in the parser's words and in MariaDB's own, and carries both to the
// target. The stream starts before all of it, so that the server's structure is far ahead of the log's.
func TestStreamFollowsStructure(t *testing.T) {
	for _, metadata := range []string{"NO_LOG", "FULL"} {
		t.Run(metadata, func(t *testing.T) {
			m := newMirror(t, servertest.PrivateMariaDB(t, "binlog_row_metadata="+metadata), true)
			m.wanted = func(n catalog.Name) bool { return n.Schema == m.name && !strings.HasPrefix(n.Name, "no") }
			m.exec("CREATE TABLE s (id INT PRIMARY KEY, a INT, b VARCHAR(20))", "CREATE TABLE gone (id INT PRIMARY KEY)",
				"CREATE TABLE p (id INT PRIMARY KEY, v INT)", "INSERT INTO s VALUES (1, 1, 'one'), (2, 2, 'two')")
			r := m.begin()
			m.exec("INSERT INTO " + m.to + ".s SELECT * FROM s")
			from := m.end()
			m.exec(
				"INSERT INTO s VALUES (3, 3, 'three')", "INSERT INTO gone VALUES (1)",
				"ALTER TABLE s ADD COLUMN c INT UNSIGNED AFTER id, ADD d VARCHAR(9) CHARACTER SET latin1 FIRST",
				"UPDATE s SET c = 4000000000, d = 'ä' WHERE id = 1", "INSERT INTO s VALUES ('ö', 4, 7, 4, 'four')",
				"ALTER TABLE s DROP COLUMN a", "UPDATE s SET b = 'ZWEI' WHERE id = 2",
				"ALTER TABLE s CHANGE b bb VARCHAR(40) NOT NULL DEFAULT ''", "UPDATE s SET bb = REPEAT('b', 40) WHERE id = 2",
				"ALTER TABLE s RENAME COLUMN bb TO text1, MODIFY id BIGINT", "INSERT INTO s VALUES ('x', 5000000000, 1, 'big')",
				"CREATE TABLE n1 (id INT PRIMARY KEY, e ENUM('Aa','b'))", "INSERT INTO n1 VALUES (1, 'Aa'), (2, 'b')",
				"CREATE TABLE n2 (id INT AUTO_INCREMENT, name VARCHAR(10) CHARACTER SET latin1, PRIMARY KEY (id))", "INSERT INTO n2 (name) VALUES (CHAR(228 USING latin1))", "ALTER TABLE n2 ADD x SET('Q','r') FIRST", "INSERT INTO n2 (name, x) VALUES ('y', 'r,Q')", "CREATE TABLE no1 (id INT PRIMARY KEY)", "INSERT INTO no1 VALUES (1)",
				"CREATE OR REPLACE TABLE nothing (id INT)", "CREATE TEMPORARY TABLE tmp (id INT)", "INSERT INTO tmp VALUES (1)", "DROP TEMPORARY TABLE tmp",
				"RENAME TABLE s TO s2, p TO p2", "UPDATE s2 SET text1 = 'after' WHERE id = 3", "INSERT INTO p2 VALUES (1, 1)",
				"ALTER TABLE s2 ADD COLUMN IF NOT EXISTS u UUID DEFAULT '123e4567-e89b-12d3-a456-426655440000'", "INSERT INTO s2 (id, text1) VALUES (6, 'six')",
				"DROP TABLE gone", "TRUNCATE TABLE p2", "INSERT INTO p2 VALUES (2, 2)",
				"CREATE TABLE copy1 (id BIGINT PRIMARY KEY) SELECT id, text1 FROM s2", "UPDATE copy1 SET text1 = 'c'",
				"CREATE INDEX i1 ON s2 (c)", "ALTER TABLE s2 COMMENT 'x'", "ANALYZE TABLE s2", "CREATE VIEW nov AS SELECT * FROM s2", "DROP VIEW nov",
				"RENAME TABLE no1 TO yes1", "INSERT INTO yes1 VALUES (2)",
			)
			m.follow(r, from, m.end())
			m.exec("DROP TABLE nothing", "INSERT INTO "+m.to+".yes1 VALUES (1)")
			m.same()
			var kinds []string
			for _, e := range m.events {
				kinds = append(kinds, strings.TrimSpace(e))
			}
			require.Contains(t, kinds, "DROP TABLE 0")
			require.Contains(t, kinds, "TRUNCATE TABLE 1")
			require.NotContains(t, strings.Join(kinds, "\n"), "unreadable")
		})
	}
}
