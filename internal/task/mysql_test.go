package task_test

import (
	"fmt"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// mysqlPairs have a server of MySQL itself at one end or both; elsewhere MariaDB stands for the family.
var mysqlPairs = [][2]string{
	{"mysql", "postgresql-18"}, {"postgresql-18", "mysql"}, {"mysql", "mysql"}, {"mysql", "mariadb"}, {"mariadb", "mysql"}, {"mysql", "sqlite"}, {"sqlite", "mysql"},
}

func onMySQLPairs(t *testing.T, test func(t *testing.T, source, target *end)) {
	for _, p := range mysqlPairs {
		t.Run(p[0]+" to "+p[1], func(t *testing.T) {
			test(t, newEnd(t, p[0]), newEnd(t, p[1]))
		})
	}
}

// TestMySQLMoves moves tables, keys, indexes, checks and rows from and to MySQL.
func TestMySQLMoves(t *testing.T) {
	onMySQLPairs(t, func(t *testing.T, source, target *end) {
		source.exec(t, musicShop(source.family)...)
		report := migrate(t, source, target)
		require.Empty(t, report.Failed)
		require.True(t, report.Complete())
		checkMusicShop(t, source, target)
	})
}

// ofMariaDBAlone are types that MySQL does not know, and values that it prints in its own way: it orders the members of
// JSON, keeps the sign of zero, and writes points of SRID 4326 with the latitude first.
var ofMariaDBAlone = regexp.MustCompile(`^(inet4|inet6|uuid) |^json '\{"b|^JSON '\{"b|^double precision '-0'|^double -0e0|, 4326\)`)

// TestMySQLTypeMatrix moves every type and edge value that MySQL knows, from and to it.
func TestMySQLTypeMatrix(t *testing.T) {
	rows := readMatrix(t)
	onMySQLPairs(t, func(t *testing.T, source, target *end) {
		var mine []matrixRow
		for _, r := range rows {
			if r.from == source.family && (r.from == catalog.PostgreSQL && r.nativeType == "uuid" || !ofMariaDBAlone.MatchString(r.nativeType+" "+r.value)) {
				mine = append(mine, r)
			}
		}
		fillMatrix(t, source, mine)
		migrate(t, source, target)
		for i, r := range mine {
			checkMatrix(t, source, target, i, r)
		}
	})
}

// TestMySQLIsValidated finds what differs. MySQL from 9.6 has no MD5: rows are hashed by what every version has.
func TestMySQLIsValidated(t *testing.T) {
	onMySQLPairs(t, func(t *testing.T, source, target *end) {
		source.exec(t, "CREATE TABLE item (id int NOT NULL PRIMARY KEY, name varchar(40), price decimal(12,2))",
			"INSERT INTO item VALUES (1, 'one', 1.10), (2, 'two', 2), (3, 'three', NULL)")
		migrate(t, source, target)
		there := target.table(t, source, "item")
		require.True(t, compareEnds(t, config(source, target), false).Equal())
		target.exec(t, "UPDATE "+there+" SET price = 1.11 WHERE id = 1", "DELETE FROM "+there+" WHERE id = 2", "INSERT INTO "+there+" VALUES (4, 'four', 4)")
		v := compareEnds(t, config(source, target), true)
		require.True(t, v.Equal(), resultOf(t, v, "item").Failures)
		require.Equal(t, []string{"1.10", "2.00", "NULL"}, twoPlaces(target.column(t, "SELECT price FROM "+there+" ORDER BY id")))
	})
}

// twoPlaces prints numbers alike that SQLite prints without the zeros at their end.
func twoPlaces(of []string) []string {
	for i, s := range of {
		var n float64
		if _, err := fmt.Sscan(s, &n); err == nil {
			of[i] = fmt.Sprintf("%.2f", n)
		}
	}
	return of
}

// TestMySQLFollowsStructure follows rows and DDL, from and to MySQL.
func TestMySQLFollowsStructure(t *testing.T) { onMySQLPairs(t, checkStructureOfChanges) }

// TestMySQLFollowsValues follows transactions over many types, one of them rolled back, from and to MySQL, and compares both ends.
func TestMySQLFollowsValues(t *testing.T) {
	onMySQLPairs(t, func(t *testing.T, source, target *end) {
		moment := map[catalog.Family]string{catalog.PostgreSQL: "timestamp(6)", catalog.MySQL: "datetime(6)", catalog.SQLite: "TIMESTAMP"}[source.family]
		source.exec(t, fmt.Sprintf("CREATE TABLE item (id int NOT NULL PRIMARY KEY, name varchar(40), price decimal(12,2), at %s, rate double precision, note text)", moment),
			"INSERT INTO item VALUES (1, 'one', 1.10, '2026-01-02 03:04:05.123456', 0.1, 'ü 漢 🐦'), (2, 'two', -0.01, NULL, -1e100, NULL), (3, 'three', 0, '1999-12-31 23:59:59', 3, '')")
		load(t, source, target)
		source.inTransaction(t, "COMMIT", "INSERT INTO item VALUES (4, 'four', 9999999998.99, '2026-11-26 12:00:00', 2.5e-7, 'it''s')",
			"UPDATE item SET name = 'zwei', note = 'said' WHERE id = 2", "UPDATE item SET id = 30 WHERE id = 3", "DELETE FROM item WHERE id = 1")
		source.inTransaction(t, "ROLLBACK", "DELETE FROM item", "INSERT INTO item (id) VALUES (99)")
		source.inTransaction(t, "COMMIT", "INSERT INTO item (id, name) VALUES (5, 'five')", "UPDATE item SET price = price + 1 WHERE id >= 4")
		report := catchUp(t, source, target)
		require.Zero(t, changesOf(t, report, "item").Failed)
		v := compareEnds(t, config(source, target), false)
		require.EqualValues(t, 4, resultOf(t, v, "item").TargetRows, "%+v", resultOf(t, v, "item"))
		require.True(t, v.Equal(), resultOf(t, v, "item").Failures)
	})
}

// inTransaction runs statements in one transaction with the end that is given.
func (e *end) inTransaction(t *testing.T, how string, statements ...string) {
	t.Helper()
	c, err := e.db.Conn(t.Context())
	require.NoError(t, err)
	defer func() { _ = c.Close() }()
	for _, s := range append(append([]string{"BEGIN"}, statements...), how) {
		_, err := c.ExecContext(t.Context(), s)
		require.NoError(t, err, s)
	}
}
