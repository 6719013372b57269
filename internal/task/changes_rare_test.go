package task_test

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/task"
)

// rare is what applications do with a few tables of their own.
type rare struct {
	make, do []string
	// tables are those that are compared, with their columns.
	tables map[string]string
	// givenUp are the tables that the change suspends, and what the reason says: nobody can know what their rows are.
	givenUp map[string]string
	// unlessSQLite is why a SQLite target gives the tables up in place of following.
	unlessSQLite string
}

// checkRare has all of them happen to one source, and compares all their rows once the target has caught up.
func checkRare(t *testing.T, source, target *end, all map[string]rare, edits ...edit) {
	for _, of := range all {
		source.exec(t, of.make...)
	}
	load(t, source, target, edits...)
	for _, of := range all {
		source.alike(t, of.do...)
	}
	report := catchUp(t, source, target, edits...)
	suspended := map[string]string{}
	for _, c := range report.Changes.Tables {
		require.Zero(t, c.Failed, c.Source)
		suspended[c.Source.Name] += c.Suspended
	}
	for name, of := range all {
		t.Run(name, func(t *testing.T) {
			for table, columns := range of.tables {
				if of.unlessSQLite != "" && target.family == catalog.SQLite {
					require.Contains(t, suspended[table], of.unlessSQLite)
					continue
				}
				require.Empty(t, suspended[table], table)
				require.Equal(t, source.whole(t, table, columns), target.whole(t, target.table(t, source, table), columns), table)
			}
			for table, why := range of.givenUp {
				require.Contains(t, suspended[table], why, table)
			}
		})
	}
}

// whole are the rows of a table, of columns that all engines write alike.
func (e *end) whole(t *testing.T, table, columns string) []string {
	t.Helper()
	var parts []string
	for _, c := range strings.Split(columns, ",") {
		parts = append(parts, "coalesce(cast("+c+" AS "+map[catalog.Family]string{catalog.MySQL: "char"}[e.family]+"), 'NULL')")
		if e.family != catalog.MySQL {
			parts[len(parts)-1] = "coalesce(cast(" + c + " AS text), 'NULL')"
		}
	}
	list := strings.Join(parts, " || '|' || ")
	if e.family == catalog.MySQL {
		list = "concat_ws('|', " + strings.Join(parts, ", ") + ")"
	}
	rows := e.column(t, "SELECT "+list+" FROM "+table)
	slices.Sort(rows)
	return rows
}

var rareInPostgreSQL = map[string]rare{
	"merge": {
		make: []string{"CREATE TABLE merged (id int PRIMARY KEY, v text, n int)", "INSERT INTO merged SELECT g, 'v' || g, g FROM generate_series(1, 20) g"},
		do: []string{
			"MERGE INTO merged m USING (SELECT g AS id FROM generate_series(11, 30) g) s ON m.id = s.id WHEN MATCHED AND m.n % 3 = 0 THEN DELETE WHEN MATCHED THEN UPDATE SET v = m.v || '!', n = -n WHEN NOT MATCHED THEN INSERT VALUES (s.id, 'new', NULL)",
			"MERGE INTO merged m USING (VALUES (1, 101), (2, 102)) s (id, other) ON m.id = s.id WHEN MATCHED THEN UPDATE SET id = s.other",
			"MERGE INTO merged m USING (VALUES (3), (4), (25)) s (id) ON m.id = s.id WHEN MATCHED THEN DO NOTHING WHEN NOT MATCHED BY SOURCE AND m.id BETWEEN 5 AND 8 THEN DELETE WHEN NOT MATCHED THEN INSERT VALUES (s.id, 'x', 1)"},
		tables: map[string]string{"merged": "id,v,n"},
	},
	"on conflict": {
		make: []string{"CREATE TABLE conflicts (id int PRIMARY KEY, u int UNIQUE, v text)", "CREATE UNIQUE INDEX ON conflicts (v) WHERE u > 100", "INSERT INTO conflicts VALUES (1, 1, 'a'), (2, 2, 'b'), (3, 103, 'c')"},
		do: []string{"INSERT INTO conflicts VALUES (1, 9, 'x'), (4, 4, 'd') ON CONFLICT (id) DO UPDATE SET v = excluded.v || conflicts.v",
			"INSERT INTO conflicts VALUES (9, 2, 'y') ON CONFLICT (u) DO UPDATE SET id = 20, v = 'moved'", "INSERT INTO conflicts VALUES (7, 107, 'c') ON CONFLICT (v) WHERE u > 100 DO UPDATE SET u = conflicts.u + 1",
			"INSERT INTO conflicts VALUES (1, 77, 'no'), (8, 8, 'h') ON CONFLICT DO NOTHING", "INSERT INTO conflicts VALUES (8, 9, 'i') ON CONFLICT (id) DO UPDATE SET v = 'never' WHERE conflicts.v = 'z'"},
		tables: map[string]string{"conflicts": "id,u,v"},
	},
	"copied frozen": {
		make: []string{"CREATE TABLE refilled (id int PRIMARY KEY)", "INSERT INTO refilled VALUES (1), (2)"},
		do: []string{"BEGIN", "CREATE TABLE frozen (id int PRIMARY KEY)", "COPY frozen FROM PROGRAM 'seq 1 500' WITH (FREEZE)", "COMMIT",
			"BEGIN", "TRUNCATE refilled", "COPY refilled FROM PROGRAM 'seq 2 600' WITH (FREEZE)", "COMMIT",
			"BEGIN", "CREATE TABLE frozen_bare (id int)", "COPY frozen_bare FROM PROGRAM 'seq 1 30' WITH (FREEZE)", "ALTER TABLE frozen_bare ADD PRIMARY KEY (id)", "COMMIT",
			"COPY frozen FROM PROGRAM 'seq 501 1000'", "DELETE FROM frozen WHERE id % 7 = 0", "UPDATE frozen_bare SET id = -id"},
		tables: map[string]string{"frozen": "id", "refilled": "id", "frozen_bare": "id"},
	},
	"partitions come with rows and leave with them": {
		make: []string{"CREATE TABLE parted (id int PRIMARY KEY, v text) PARTITION BY RANGE (id)", "CREATE TABLE parted_a PARTITION OF parted FOR VALUES FROM (0) TO (10)",
			"CREATE TABLE parted_b PARTITION OF parted FOR VALUES FROM (10) TO (20)", "INSERT INTO parted VALUES (1, 'a'), (2, 'a'), (11, 'b'), (12, 'b')"},
		do: []string{"UPDATE parted SET id = 13, v = 'moved' WHERE id = 1", "UPDATE parted SET id = id - 10 WHERE id IN (11, 13)", "UPDATE parted SET id = 19 WHERE id = 3",
			"BEGIN", "UPDATE parted SET id = 5 WHERE id = 19", "UPDATE parted SET id = 15, v = 'twice' WHERE id = 5", "DELETE FROM parted WHERE id = 2", "COMMIT"},
		tables: map[string]string{"parted": "id,v"},
	},
	"rewritten": {
		make: []string{"CREATE TABLE rewritten (id int PRIMARY KEY, v text)", "INSERT INTO rewritten SELECT g, repeat('v', g) FROM generate_series(1, 300) g"},
		do: []string{"BEGIN", "UPDATE rewritten SET v = v || 'x' WHERE id % 2 = 0", "CLUSTER rewritten USING rewritten_pkey", "UPDATE rewritten SET v = v || 'y' WHERE id % 3 = 0", "COMMIT",
			"DELETE FROM rewritten WHERE id % 5 = 0", "VACUUM FULL rewritten", "UPDATE rewritten SET id = id + 1000 WHERE id % 7 = 0", "REINDEX TABLE rewritten", "REINDEX INDEX CONCURRENTLY rewritten_pkey",
			"INSERT INTO rewritten VALUES (5000, 'new')", "VACUUM FREEZE rewritten", "ALTER TABLE rewritten SET (fillfactor = 50)", "ALTER TABLE rewritten ALTER v SET STORAGE EXTERNAL", "UPDATE rewritten SET v = 'last' WHERE id = 1"},
		tables: map[string]string{"rewritten": "id,v"},
	},
	"a label within a row": {
		make:   []string{"CREATE TYPE rare_mood AS ENUM ('low', 'high')", "CREATE TYPE rare_state AS (mood rare_mood, n int)", "CREATE TABLE composed (id int PRIMARY KEY, s rare_state, many rare_mood[])", "INSERT INTO composed VALUES (1, ('low', 1), '{low}')"},
		do:     []string{"ALTER TYPE rare_mood ADD VALUE 'middle' BEFORE 'high'", "INSERT INTO composed VALUES (2, ('middle', 2), '{high,middle}')", "UPDATE composed SET s.mood = 'middle' WHERE id = 1"},
		tables: map[string]string{"composed": "id,s,many"},
	},
	"rows that move by a statement": {
		make: []string{"CREATE TABLE moved_from (id int PRIMARY KEY, v text)", "CREATE TABLE moved_to (id int PRIMARY KEY, v text)", "INSERT INTO moved_from SELECT g, 'v' || g FROM generate_series(1, 50) g"},
		do: []string{"WITH gone AS (DELETE FROM moved_from WHERE id % 2 = 0 RETURNING *), kept AS (UPDATE moved_from SET v = 'kept' WHERE id % 4 = 1 RETURNING id) INSERT INTO moved_to SELECT * FROM gone UNION ALL SELECT -id, 'k' FROM kept",
			"CREATE TABLE made_of AS SELECT * FROM moved_to WITH NO DATA", "ALTER TABLE made_of ADD PRIMARY KEY (id)", "INSERT INTO made_of SELECT * FROM moved_to", "UPDATE made_of SET id = id + 1000"},
		tables: map[string]string{"moved_from": "id,v", "moved_to": "id,v", "made_of": "id,v"},
	},
	"foreign keys act": {
		make: []string{"CREATE TABLE fk_parent (id int PRIMARY KEY)", "CREATE TABLE fk_child (id int PRIMARY KEY, p int REFERENCES fk_parent ON DELETE CASCADE ON UPDATE CASCADE)", "CREATE TABLE fk_null (id int PRIMARY KEY, p int REFERENCES fk_parent ON DELETE SET NULL ON UPDATE CASCADE)",
			"INSERT INTO fk_parent VALUES (1), (2), (3)", "INSERT INTO fk_child VALUES (1, 1), (2, 2), (3, 3)", "INSERT INTO fk_null VALUES (1, 1), (2, 2), (3, 3)"},
		do:     []string{"DELETE FROM fk_parent WHERE id = 1", "UPDATE fk_parent SET id = 20 WHERE id = 2", "BEGIN", "INSERT INTO fk_parent VALUES (9)", "UPDATE fk_child SET p = 9", "DELETE FROM fk_parent WHERE id = 9", "COMMIT"},
		tables: map[string]string{"fk_parent": "id", "fk_child": "id,p", "fk_null": "id,p"},
	},
	"two tables change names": {
		make:   []string{"CREATE TABLE swap_a (id int PRIMARY KEY, v text)", "CREATE TABLE swap_b (id int PRIMARY KEY, n int)", "INSERT INTO swap_a VALUES (1, 'a')", "INSERT INTO swap_b VALUES (1, 10)"},
		do:     []string{"BEGIN", "INSERT INTO swap_a VALUES (2, 'a')", "ALTER TABLE swap_a RENAME TO swap_c", "ALTER TABLE swap_b RENAME TO swap_a", "ALTER TABLE swap_c RENAME TO swap_b", "INSERT INTO swap_a VALUES (2, 20)", "INSERT INTO swap_b VALUES (3, 'c')", "COMMIT", "UPDATE swap_a SET n = n + 1"},
		tables: map[string]string{"swap_a": "id,n", "swap_b": "id,v"},
	},
	"dropped and made again": {
		make:   []string{"CREATE TABLE again (id int PRIMARY KEY, v text)", "INSERT INTO again VALUES (1, 'a')"},
		do:     []string{"INSERT INTO again VALUES (2, 'b')", "BEGIN", "DROP TABLE again", "CREATE TABLE again (id int PRIMARY KEY, w int)", "INSERT INTO again VALUES (7, 7)", "COMMIT", "DROP TABLE again", "CREATE TABLE again (id int PRIMARY KEY, w int, x text)", "INSERT INTO again VALUES (8, 8, 'x')"},
		tables: map[string]string{"again": "id,w,x"},
	},
	"in the log since a moment": {
		make:    []string{"CREATE UNLOGGED TABLE logged_now (id int PRIMARY KEY, v text)", "INSERT INTO logged_now VALUES (1, 'a')"},
		do:      []string{"INSERT INTO logged_now VALUES (2, 'b')", "ALTER TABLE logged_now SET LOGGED", "INSERT INTO logged_now VALUES (3, 'c')", "CREATE UNLOGGED TABLE logged_new (id int PRIMARY KEY)", "INSERT INTO logged_new VALUES (1)", "ALTER TABLE logged_new SET LOGGED", "INSERT INTO logged_new VALUES (2)"},
		givenUp: map[string]string{"logged_now": "was UNLOGGED", "logged_new": "its rows of then are no changes"},
	},
	"primary key changed twice": {
		make: []string{"CREATE TABLE rekeyed (id int PRIMARY KEY, b int NOT NULL, c int NOT NULL, v text)", "INSERT INTO rekeyed VALUES (1, 11, 21, 'a'), (2, 12, 22, 'b'), (3, 13, 23, 'c')"},
		do: []string{"UPDATE rekeyed SET v = 'x' WHERE id = 1", "ALTER TABLE rekeyed DROP CONSTRAINT rekeyed_pkey, ADD PRIMARY KEY (b)", "UPDATE rekeyed SET id = 1, v = 'y' WHERE b = 12", "ALTER TABLE rekeyed DROP CONSTRAINT rekeyed_pkey, ADD PRIMARY KEY (c, b)",
			"UPDATE rekeyed SET b = 11, v = 'z' WHERE c = 23", "DELETE FROM rekeyed WHERE c = 21", "INSERT INTO rekeyed VALUES (1, 11, 24, 'd')"},
		tables: map[string]string{"rekeyed": "id,b,c,v"}, unlessSQLite: "the primary key of the source's table has changed",
	},
}

// TestRareStatementsOfPostgreSQL arrive at every engine.
func TestRareStatementsOfPostgreSQL(t *testing.T) {
	toEach(t, func(t *testing.T, source, target *end) { checkRare(t, source, target, rareInPostgreSQL) })
}

// TestTablesThatAreUnloggedForAWhile: with PostgreSQL's plugins that publish nothing a followed table may leave the log and come back. What it
// has become meanwhile nobody tells, so that it is given up, also where no trigger tells of DDL; a reload takes it up again.
func TestTablesThatAreUnloggedForAWhile(t *testing.T) {
	for name, of := range map[string]struct {
		plugin   string
		captured bool
		first    string
	}{
		"told":               {"test_decoding", true, ""},
		"seen at the start":  {"test_decoding", false, "UNLOGGED"},
		"not published then": {"pgoutput", true, "UNLOGGED"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			source, target := newEnd(t, "postgresql-18"), newEnd(t, "sqlite")
			how := func(c *taskConfig) {
				c.Source.Settings = map[string]string{"PluginName": of.plugin, "CaptureDdls": fmt.Sprint(of.captured)}
			}
			source.exec(t, "CREATE "+of.first+" TABLE a (id int PRIMARY KEY)", "INSERT INTO a VALUES (1)")
			load(t, source, target, how)
			if of.first == "" {
				source.exec(t, "INSERT INTO a VALUES (2)", "ALTER TABLE a SET UNLOGGED")
			}
			source.exec(t, "INSERT INTO a VALUES (3)", "ALTER TABLE a SET LOGGED", "INSERT INTO a VALUES (4)")
			require.Contains(t, changesOf(t, catchUp(t, source, target, how), "a").Suspended, "was UNLOGGED")
			c := changesConfig(source, target)
			how(&c)
			m, err := task.Open(t.Context(), c)
			require.NoError(t, err)
			require.NoError(t, m.Reload(t.Context(), []catalog.Name{source.named("a")}))
			require.NoError(t, m.Close())
			catchUp(t, source, target, how)
			source.exec(t, "INSERT INTO a VALUES (5)", "DELETE FROM a WHERE id = 1")
			inStep(t, source, target, map[string]string{"a": "id"}, how)
		})
	}
}

var rareInMariaDB = map[string]rare{
	"loaded from a file": {
		make: []string{"CREATE TABLE loaded (id int PRIMARY KEY, u int UNIQUE, v varchar(20))", "INSERT INTO loaded VALUES (1, 1, 'a'), (2, 2, 'b')", "CREATE TABLE loaded_bare (id int, v varchar(20))"},
		do: []string{"LOAD DATA LOCAL INFILE 'Reader::rare' INTO TABLE loaded FIELDS TERMINATED BY ','", "LOAD DATA LOCAL INFILE 'Reader::rare' REPLACE INTO TABLE loaded FIELDS TERMINATED BY ',' (u, id, @v) SET v = upper(@v)",
			"LOAD DATA LOCAL INFILE 'Reader::rare' INTO TABLE loaded_bare FIELDS TERMINATED BY ',' (id, @skip, v)"},
		tables: map[string]string{"loaded": "id,u,v", "loaded_bare": "id,v"},
	},
	"two tables change names in one statement": {
		make: []string{"CREATE TABLE swap_a (id int PRIMARY KEY, v varchar(9))", "CREATE TABLE swap_b (id int PRIMARY KEY, n int)", "INSERT INTO swap_a VALUES (1, 'a')", "INSERT INTO swap_b VALUES (1, 10)"},
		do: []string{"INSERT INTO swap_a VALUES (2, 'a')", "RENAME TABLE swap_a TO swap_c, swap_b TO swap_a, swap_c TO swap_b", "INSERT INTO swap_a VALUES (2, 20)", "INSERT INTO swap_b VALUES (3, 'c')", "UPDATE swap_a SET n = n + 1",
			"ALTER TABLE swap_a ADD COLUMN w int DEFAULT 5", "RENAME TABLE swap_a TO swap_c, swap_b TO swap_a, swap_c TO swap_b", "INSERT INTO swap_b VALUES (3, 3, 3)", "DELETE FROM swap_a WHERE id = 1"},
		tables: map[string]string{"swap_a": "id,v", "swap_b": "id,n,w"},
	},
	"altered beside and put in its place": {
		make: []string{"CREATE TABLE osc (id int PRIMARY KEY, v varchar(9))", "INSERT INTO osc VALUES (1, 'a'), (2, 'b')"},
		do: []string{"CREATE TABLE _osc_new LIKE osc", "ALTER TABLE _osc_new ADD COLUMN w int NOT NULL DEFAULT 7", "CREATE TRIGGER osc_ins AFTER INSERT ON osc FOR EACH ROW REPLACE INTO _osc_new (id, v) VALUES (NEW.id, NEW.v)",
			"INSERT INTO osc VALUES (3, 'c')", "INSERT LOW_PRIORITY IGNORE INTO _osc_new (id, v) SELECT id, v FROM osc LOCK IN SHARE MODE", "UPDATE osc SET v = 'x' WHERE id = 9", "RENAME TABLE osc TO _osc_old, _osc_new TO osc", "DROP TABLE IF EXISTS _osc_old", "INSERT INTO osc VALUES (4, 'd', 4)"},
		tables: map[string]string{"osc": "id,v,w"},
	},
	"dropped and made again": {
		make: []string{"CREATE TABLE again (id int PRIMARY KEY, v varchar(9))", "INSERT INTO again VALUES (1, 'a')"},
		do: []string{"INSERT INTO again VALUES (2, 'b')", "DROP TABLE again", "CREATE TABLE again (id int PRIMARY KEY, w int)", "INSERT INTO again VALUES (7, 7)", "CREATE OR REPLACE TABLE again (id int PRIMARY KEY, w int, x varchar(9))",
			"INSERT INTO again VALUES (8, 8, 'x')", "CREATE TABLE IF NOT EXISTS again (id int PRIMARY KEY)", "CREATE TABLE IF NOT EXISTS again SELECT 9 AS id, 9 AS w, 'y' AS x", "UPDATE again SET w = w + 1"},
		tables: map[string]string{"again": "id,w,x"},
	},
	"rows that are returned": {
		make: []string{"CREATE TABLE returned (id int AUTO_INCREMENT PRIMARY KEY, v varchar(20))", "INSERT INTO returned (v) VALUES ('a'), ('b'), ('c')"},
		do: []string{"INSERT INTO returned (v) VALUES ('d'), ('e') RETURNING id", "DELETE FROM returned WHERE id = 1 RETURNING *", "REPLACE INTO returned VALUES (2, 'bb') RETURNING v", "UPDATE returned SET v = concat(v, '!') ORDER BY id DESC LIMIT 2",
			"SET STATEMENT max_statement_time = 100 FOR UPDATE returned SET v = 'set' WHERE id = 3", "LOCK TABLES returned WRITE", "INSERT INTO returned (v) VALUES ('locked')", "UNLOCK TABLES", "SET @id = 4", "PREPARE p FROM 'DELETE FROM returned WHERE id = ?'", "EXECUTE p USING @id"},
		tables: map[string]string{"returned": "id,v"},
	},
	"rebuilt": {
		make: []string{"CREATE TABLE rebuilt (id int PRIMARY KEY, v varchar(20))", "INSERT INTO rebuilt SELECT seq, concat('v', seq) FROM seq_1_to_200"},
		do: []string{"DELETE FROM rebuilt WHERE id % 3 = 0", "OPTIMIZE TABLE rebuilt", "UPDATE rebuilt SET v = 'x' WHERE id % 5 = 0", "ALTER TABLE rebuilt FORCE", "ALTER TABLE rebuilt ENGINE=InnoDB ROW_FORMAT=COMPRESSED", "ANALYZE TABLE rebuilt", "INSERT INTO rebuilt VALUES (1000, 'new')",
			"ALTER TABLE rebuilt ENGINE=Aria", "UPDATE rebuilt SET v = 'aria' WHERE id = 1", "ALTER TABLE rebuilt ENGINE=InnoDB, ORDER BY v", "DELETE FROM rebuilt WHERE id = 2"},
		tables: map[string]string{"rebuilt": "id,v"},
	},
	"primary key changed twice": {
		make: []string{"CREATE TABLE rekeyed (id int PRIMARY KEY, b int NOT NULL, c int NOT NULL, v varchar(9))", "INSERT INTO rekeyed VALUES (1, 11, 21, 'a'), (2, 12, 22, 'b'), (3, 13, 23, 'c')"},
		do: []string{"UPDATE rekeyed SET v = 'x' WHERE id = 1", "ALTER TABLE rekeyed DROP PRIMARY KEY, ADD PRIMARY KEY (b)", "UPDATE rekeyed SET id = 1, v = 'y' WHERE b = 12", "ALTER TABLE rekeyed DROP PRIMARY KEY, ADD PRIMARY KEY (c, b)",
			"UPDATE rekeyed SET b = 11, v = 'z' WHERE c = 23", "DELETE FROM rekeyed WHERE c = 21", "INSERT INTO rekeyed VALUES (1, 11, 24, 'd')"},
		tables: map[string]string{"rekeyed": "id,b,c,v"}, unlessSQLite: "the primary key of the source's table has changed",
	},
	"statements in the log": {
		make:    []string{"CREATE TABLE stated (id int PRIMARY KEY, v varchar(9))", "INSERT INTO stated VALUES (1, 'a'), (2, 'b')"},
		do:      []string{"UPDATE stated SET v = 'x' WHERE id = 1", "SET SESSION binlog_format = 'STATEMENT'", "UPDATE stated SET v = 'y' WHERE id = 2", "SET SESSION binlog_format = 'ROW'"},
		givenUp: map[string]string{"stated": "statement"},
	},
}

// TestRareStatementsOfMariaDB arrive at every engine.
func TestRareStatementsOfMariaDB(t *testing.T) {
	mysql.RegisterReaderHandler("rare", func() io.Reader { return strings.NewReader("1,1,lost\n5,5,five\n6,2,six\n7,7,seven\n") })
	for _, to := range []string{"postgresql-15", "mariadb", "sqlite"} {
		t.Run(to, func(t *testing.T) {
			t.Parallel()
			checkRare(t, newEnd(t, "mariadb"), newEnd(t, to), rareInMariaDB)
		})
	}
}
