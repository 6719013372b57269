package task_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// TestWhatMariaDBDoesSeldom of a source arrives at every engine.
func TestWhatMariaDBDoesSeldom(t *testing.T) {
	for name, of := range map[string]struct {
		make, do []string
		tables   map[string]string
	}{
		"a temporary table under a table's name": {
			[]string{"CREATE TABLE a (id int PRIMARY KEY, v varchar(9))", "INSERT INTO a VALUES (1, 'a')"},
			[]string{"CREATE TEMPORARY TABLE a (id int PRIMARY KEY)", "INSERT INTO a VALUES (7)", "ALTER TABLE a ADD COLUMN w int", "TRUNCATE TABLE a", "DROP TABLE a",
				"CREATE TEMPORARY TABLE a SELECT 8 AS id", "DROP TEMPORARY TABLE a", "INSERT INTO a VALUES (2, 'b')"},
			map[string]string{"a": "v"},
		},
		"tables made of rows": {
			[]string{"CREATE TABLE a (id int PRIMARY KEY, v varchar(9))", "INSERT INTO a VALUES (1, 'a'), (2, 'b')"},
			[]string{"CREATE TABLE b (PRIMARY KEY (id)) SELECT * FROM a", "INSERT INTO b VALUES (3, 'c')", "CREATE TABLE c LIKE a", "INSERT INTO c SELECT * FROM b",
				"CREATE OR REPLACE TABLE b (PRIMARY KEY (id)) SELECT id + 10 AS id, v FROM a", "UPDATE b SET v = 'x' WHERE id = 11"},
			map[string]string{"a": "v", "b": "id", "c": "id"},
		},
		"new tables with keys of one name, or none": {
			[]string{"CREATE TABLE a (id int PRIMARY KEY, u int, UNIQUE KEY u (u))", "INSERT INTO a VALUES (1, 1)"},
			[]string{"CREATE TABLE b (id int PRIMARY KEY, u int UNIQUE, UNIQUE (u, id))", "INSERT INTO b VALUES (1, 1)", "ALTER TABLE b ADD COLUMN w int", "INSERT INTO b VALUES (2, 2, 2)",
				"CREATE TABLE c (id int PRIMARY KEY, u int, UNIQUE KEY u (u), KEY v (u))", "INSERT INTO c VALUES (1, 1)", "CREATE TABLE d (id int PRIMARY KEY, u int, KEY u (u), UNIQUE KEY v (u))", "INSERT INTO d VALUES (1, 1)"},
			map[string]string{"b": "u", "c": "u", "d": "u"},
		},
		"a new table under the name of one that goes, with a key that a third has by name": {
			[]string{"CREATE TABLE a (id int PRIMARY KEY, v int)", "INSERT INTO a VALUES (1, 1)"},
			[]string{"CREATE TABLE b (id int PRIMARY KEY, u int UNIQUE)", "INSERT INTO b VALUES (1, 1)", "DROP TABLE a", "CREATE TABLE a (id int PRIMARY KEY, u int UNIQUE)", "INSERT INTO a VALUES (1, 1), (2, 2)"},
			map[string]string{"a": "u", "b": "u"},
		},
		"statements about several tables": {
			[]string{"CREATE TABLE a (id int PRIMARY KEY, v varchar(9))", "CREATE TABLE b (id int PRIMARY KEY, a int, v varchar(9))",
				"INSERT INTO a VALUES (1, 'a'), (2, 'b'), (3, 'c')", "INSERT INTO b VALUES (1, 1, 'x'), (2, 2, 'y'), (3, 3, 'z'), (4, 3, 'q')"},
			[]string{"UPDATE a JOIN b ON b.a = a.id SET a.v = b.v, b.v = a.v", "DELETE a, b FROM a JOIN b ON b.a = a.id WHERE a.id = 2", "UPDATE a SET id = id + 1 ORDER BY id DESC",
				"UPDATE a, b SET a.id = a.id + 10, b.id = b.id + 10 WHERE b.a = a.id - 1 AND a.id = 2"},
			map[string]string{"a": "v", "b": "v"},
		},
		"rows that take each other's place": {
			[]string{"CREATE TABLE a (id int PRIMARY KEY, u int UNIQUE, w int UNIQUE, v varchar(9))", "INSERT INTO a VALUES (1, 1, 1, 'a'), (2, 2, 2, 'b'), (3, 3, 3, 'c'), (4, NULL, NULL, 'd')"},
			[]string{"REPLACE INTO a VALUES (1, 2, 3, 'x')", "INSERT INTO a VALUES (9, 2, 7, 'n') ON DUPLICATE KEY UPDATE id = id + 10, w = 5, v = 'dup'",
				"INSERT IGNORE INTO a VALUES (4, 7, 7, 'no'), (5, 2, NULL, 'no'), (6, NULL, NULL, 'yes')", "REPLACE INTO a (id, u) VALUES (4, 2), (6, 2)", "UPDATE IGNORE a SET u = 2"},
			map[string]string{"a": "u"},
		},
		"triggers, sequences and values that the server makes": {
			[]string{"CREATE SEQUENCE s", "CREATE TABLE a (id int PRIMARY KEY DEFAULT nextval(s), v varchar(9), n int, at timestamp(6) DEFAULT current_timestamp(6) ON UPDATE current_timestamp(6), g varchar(20) AS (concat(v, '!')) VIRTUAL, p int AS (n * 2) STORED)",
				"CREATE TABLE log (id int AUTO_INCREMENT PRIMARY KEY, of int, what varchar(9))", "CREATE TRIGGER before_a BEFORE INSERT ON a FOR EACH ROW SET NEW.n = coalesce(NEW.n, 0) + 1",
				"CREATE TRIGGER after_a AFTER UPDATE ON a FOR EACH ROW INSERT INTO log (of, what) VALUES (NEW.id, NEW.v)", "INSERT INTO a (v) VALUES ('a')"},
			[]string{"INSERT INTO a (v, n) VALUES ('b', 4), ('c', NULL)", "UPDATE a SET v = upper(v)", "DELETE FROM log LIMIT 1", "INSERT INTO a (v) SELECT what FROM log", "UPDATE a SET n = n WHERE id > 2"},
			map[string]string{"a": "p", "log": "what"},
		},
		"foreign keys that are looked at by nobody": {
			[]string{"CREATE TABLE a (id int PRIMARY KEY)", "CREATE TABLE b (id int PRIMARY KEY, a int, FOREIGN KEY (a) REFERENCES a (id))", "INSERT INTO a VALUES (1), (2)", "INSERT INTO b VALUES (1, 1)"},
			[]string{"SET foreign_key_checks = 0", "INSERT INTO b VALUES (2, 77)", "DELETE FROM a WHERE id = 1", "UPDATE a SET id = 3 WHERE id = 2", "SET foreign_key_checks = 1", "INSERT INTO b VALUES (3, 3)"},
			map[string]string{"a": "id", "b": "a"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			for _, to := range []string{"postgresql-15", "mariadb", "sqlite"} {
				t.Run(to, func(t *testing.T) {
					t.Parallel()
					source, target := newEnd(t, "mariadb"), newEnd(t, to)
					source.exec(t, of.make...)
					load(t, source, target)
					source.alike(t, of.do...)
					inStep(t, source, target, of.tables)
				})
			}
		})
	}
}

// TestWidthsOfIntegersAreNoTypes: MySQL's statements tell them and its tables do not, and the target, of whose columns others are computed, is let alone.
func TestWidthsOfIntegersAreNoTypes(t *testing.T) {
	t.Parallel()
	source, target := newEnd(t, "mysql"), newEnd(t, "postgresql-15")
	source.exec(t, "CREATE TABLE a (id int PRIMARY KEY, v int)", "INSERT INTO a VALUES (1, 1)")
	load(t, source, target)
	source.alike(t, "CREATE TABLE b (id int(11) PRIMARY KEY, n int(11), twice bigint(20) AS (n * 2) STORED)", "INSERT INTO b (id, n) VALUES (1, 1)",
		"ALTER TABLE b ADD COLUMN w int(5)", "INSERT INTO b (id, n, w) VALUES (2, 2, 2)", "ALTER TABLE b DROP COLUMN w", "INSERT INTO b (id, n) VALUES (3, 3)", "RENAME TABLE b TO c")
	inStep(t, source, target, map[string]string{"a": "v", "c": "twice"})
}

// alike runs statements in one session.
func (e *end) alike(t *testing.T, statements ...string) {
	t.Helper()
	conn, err := e.db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	for _, s := range statements {
		if _, err := conn.ExecContext(t.Context(), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

// TestWhatSQLiteDoesSeldom of a source arrives at every engine.
func TestWhatSQLiteDoesSeldom(t *testing.T) {
	for name, of := range map[string]struct {
		make, do []string
		tables   map[string]string
	}{
		"tables without a rowid": {
			[]string{"CREATE TABLE a (k text NOT NULL COLLATE NOCASE, n int NOT NULL, u int UNIQUE, v text, PRIMARY KEY (k, n)) WITHOUT ROWID", "INSERT INTO a VALUES ('a', 1, 1, 'a'), ('b', 2, 2, 'b'), ('c', 3, 3, 'c')"},
			[]string{"UPDATE a SET k = 'A' WHERE k = 'a'", "REPLACE INTO a VALUES ('B', 2, 3, 'x')", "INSERT INTO a VALUES ('A', 1, 9, 'n') ON CONFLICT (k, n) DO UPDATE SET v = excluded.v, u = excluded.u",
				"UPDATE OR REPLACE a SET u = 9 WHERE k = 'b'", "INSERT OR IGNORE INTO a VALUES ('a', 1, 9, 'no')", "UPDATE a SET n = -n"},
			map[string]string{"a": "v"},
		},
		"many rows in the way of others": {
			[]string{"CREATE TABLE a (id INTEGER PRIMARY KEY, u int UNIQUE)", "WITH RECURSIVE s (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 16400) INSERT INTO a SELECT n, n FROM s"},
			[]string{"BEGIN", "WITH RECURSIVE s (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 16383) INSERT OR IGNORE INTO a SELECT n, -n FROM s", "INSERT OR REPLACE INTO a VALUES (16398, 16399)", "COMMIT"},
			map[string]string{"a": "id"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			for _, to := range []string{"postgresql-15", "mariadb", "sqlite"} {
				t.Run(to, func(t *testing.T) {
					t.Parallel()
					source, target := newEnd(t, "sqlite"), newEnd(t, to)
					source.exec(t, of.make...)
					load(t, source, target)
					source.alike(t, of.do...)
					inStep(t, source, target, of.tables)
				})
			}
		})
	}
}

// TestTriggersYoungerThanOurs: SQLite fires the youngest trigger first, so that what one of the application's does to the same rows is logged
// before what has made it fire. The table is delivered anew, and ours are made again.
func TestTriggersYoungerThanOurs(t *testing.T) {
	for _, to := range []string{"postgresql-15", "mariadb", "sqlite"} {
		t.Run(to, func(t *testing.T) {
			t.Parallel()
			source, target := newEnd(t, "sqlite"), newEnd(t, to)
			source.exec(t, "CREATE TABLE a (id INTEGER PRIMARY KEY, n int)", "CREATE TABLE b (id INTEGER PRIMARY KEY, n int)", "CREATE TABLE log (id INTEGER PRIMARY KEY, n int)",
				"INSERT INTO a VALUES (1, 1)")
			load(t, source, target)
			source.exec(t, "CREATE TRIGGER counts AFTER INSERT ON a BEGIN UPDATE a SET n = n + 10 WHERE id = NEW.id; END", "INSERT INTO a VALUES (2, 2), (3, 3)",
				"CREATE TRIGGER notes AFTER INSERT ON a BEGIN INSERT INTO log (n) VALUES (NEW.n); END", "INSERT INTO a VALUES (4, 4)",
				"CREATE TRIGGER moves AFTER UPDATE OF n ON b BEGIN UPDATE b SET id = id + 100 WHERE id = NEW.id; END", "INSERT INTO b VALUES (1, 1), (2, 2)", "UPDATE b SET n = 5 WHERE id = 1",
				"CREATE TRIGGER goes AFTER INSERT ON b WHEN NEW.n = 13 BEGIN DELETE FROM b WHERE id = NEW.id; END", "INSERT INTO b VALUES (13, 13)")
			catchUp(t, source, target)
			same := map[string]string{"a": "n", "b": "id", "log": "n"}
			inStep(t, source, target, same)
			source.exec(t, "INSERT INTO a VALUES (12, 2), (13, 3)", "INSERT INTO b VALUES (11, 1), (12, 2), (14, 13)", "UPDATE b SET n = 6 WHERE id = 12")
			inStep(t, source, target, same)
		})
	}
}

// TestOddKeys: rows whose keys differ by case, by a space at the end, by a sign, or in the last bit.
func TestOddKeys(t *testing.T) {
	type keys struct {
		kind   string
		values []string
	}
	kinds := map[catalog.Family][]keys{
		catalog.PostgreSQL: {
			{"varchar(40)", []string{"'a'", "'A'", "'a '", "'ä'", "'Ä'", "'ss'", "'ß'", "''", "' '"}},
			{"bigint", []string{"9223372036854775807", "9223372036854775806", "-9223372036854775808", "0", "9007199254740993", "9007199254740992"}},
			{"double precision", []string{"0.1", "0.30000000000000004", "0.3", "1e300", "-1e-300", "1e22"}},
			{"bytea", []string{`'\x00'`, `'\x'`, `'\x0000'`, `'\xff'`, `'\x41'`, `'\x61'`}},
			{"numeric(30,10)", []string{"1.5", "1.5000000001", "12345678901234567890.1", "-1.5", "0"}},
			{"timestamptz", []string{"'2020-02-02 02:02:02.000001+00'", "'2020-02-02 02:02:02+00'", "'1999-12-31 23:59:59.999999+00'"}},
		},
		catalog.MySQL: {
			{"varchar(40)", []string{"'a'", "'b'", "'ö '", "''", "'straße'"}},
			{"varchar(40) COLLATE utf8mb4_bin", []string{"'a'", "'A'", "'ä'", "'Ä'", "''"}},
			{"bigint unsigned", []string{"18446744073709551615", "9223372036854775808", "0", "9007199254740993", "9007199254740992"}},
			{"double", []string{"0.1", "0.30000000000000004", "0.3", "1e300", "-1e-300"}},
			{"float", []string{"0.1", "16777216", "1e30", "0.3"}},
			{"varbinary(40)", []string{"x'00'", "x''", "x'0000'", "x'ff'", "x'41'", "x'61'", "x'6120'"}},
			{"binary(4)", []string{"x'00000000'", "x'61000000'", "x'61000001'", "x'20202020'"}},
			{"decimal(30,10)", []string{"1.5", "1.5000000001", "12345678901234567890.1", "-1.5", "0"}},
			{"datetime(6)", []string{"'2020-02-02 02:02:02.000001'", "'2020-02-02 02:02:02'", "'1999-12-31 23:59:59.999999'"}},
		},
		catalog.SQLite: {
			{"TEXT", []string{"'a'", "'A'", "'a '", "'ä'", "'Ä'", "''", "' '"}},
			{"INTEGER", []string{"9223372036854775807", "9223372036854775806", "-9223372036854775808", "0", "9007199254740993"}},
			{"REAL", []string{"0.1", "0.30000000000000004", "0.3", "1e300", "-1e-300"}},
			{"BLOB", []string{"x'00'", "x''", "x'0000'", "x'ff'", "x'41'", "x'61'"}},
		},
	}
	eachPair(t, func(t *testing.T, source, target *end) {
		tables := map[string]string{}
		for i, of := range kinds[source.family] {
			name := fmt.Sprint("keyed", i)
			tables[name] = "v"
			source.exec(t, "CREATE TABLE "+name+" (k "+of.kind+" NOT NULL, v int, PRIMARY KEY (k))")
			for v, value := range of.values {
				source.exec(t, fmt.Sprintf("INSERT INTO %s VALUES (%s, %d)", name, value, v+1))
			}
		}
		load(t, source, target)
		for i, of := range kinds[source.family] {
			for _, statement := range []string{
				"DELETE FROM ? WHERE v = 2", "UPDATE ? SET k = SECOND WHERE v = 1", "INSERT INTO ? VALUES (FIRST, 20)", "UPDATE ? SET v = v + 100 WHERE v BETWEEN 2 AND 19",
				"DELETE FROM ? WHERE v = 103",
			} {
				source.exec(t, strings.NewReplacer("?", fmt.Sprint("keyed", i), "FIRST", of.values[0], "SECOND", of.values[1]).Replace(statement))
			}
		}
		inStep(t, source, target, tables)
		for name := range tables {
			source.exec(t, "UPDATE "+name+" SET v = v + 1000 WHERE v IN (1, 20)")
		}
		inStep(t, source, target, tables)
	})
}
