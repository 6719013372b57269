package task_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/servertest"
	"github.com/whimbreldb/whimbrel/internal/task"
)

// TestValidationTellsSpecialValuesApart plants what the hashes of a server take for one another: NULL, 0 and NaN hash alike in a
// row when no seed is given, infinities like NaN whatever it is.
func TestValidationTellsSpecialValuesApart(t *testing.T) {
	for _, from := range engines[:2] {
		for _, to := range engines[:2] {
			t.Run(from+" to "+to, func(t *testing.T) {
				source, target := newEnd(t, from), newEnd(t, to)
				servertest.Exec(t, source.db, "CREATE TABLE special (id int PRIMARY KEY, f float8, r real, n numeric(12,2), u numeric)",
					"INSERT INTO special VALUES (1, 0, 0, 'NaN', 'NaN'), (2, 0, 0, 'NaN', 'Infinity'), (3, 0, 0, 'NaN', 'Infinity'), (4, 0, 0, 0, '-Infinity'), (5, NULL, NULL, NULL, NULL), (6, '-0', 'NaN', 0, 1.0)")
				c := config(source, target)
				_, err := run(t.Context(), c)
				require.NoError(t, err)
				require.Equal(t, tally{}, tallied(t, c))
				for planted, change := range []string{
					"n = NULL WHERE id = 1", "f = NULL WHERE id = 2", "u = 'NaN' WHERE id = 3", "r = NULL WHERE id = 4", "n = 'NaN' WHERE id = 5", "u = '-Infinity' WHERE id = 6",
				} {
					servertest.Exec(t, target.db, "UPDATE special SET "+change)
					require.Equal(t, tally{different: int64(planted + 1)}, tallied(t, c), change)
				}
			})
		}
	}
}

// TestValidationTellsWhichRowHasWhat plants what a sum of hashes would not tell: values that change places between rows of one
// bucket, a sign, and numbers and times whose halves fold to the same 32 bits.
func TestValidationTellsWhichRowHasWhat(t *testing.T) {
	for _, from := range engines {
		for _, to := range engines {
			t.Run(from+" to "+to, func(t *testing.T) {
				source, target := newEnd(t, from), newEnd(t, to)
				columns := "(id bigint NOT NULL%s, a bigint, n decimal(12,2), at " + map[catalog.Family]string{
					catalog.PostgreSQL: "timestamp", catalog.MySQL: "datetime(6)", catalog.SQLite: "DATETIME",
				}[source.family] + ", s varchar(20))"
				rows := " VALUES (1, 10, 1.5, NULL, 'one'), (2, 20, 2.5, NULL, 'two'), (3, -1, 3.5, '2000-01-01 00:00:00.000001', NULL), (4, 40, 0, NULL, 'four')"
				for table, key := range map[string]string{"keyed": " PRIMARY KEY", "bag": ""} {
					source.exec(t, "CREATE TABLE "+table+fmt.Sprintf(columns, key), "INSERT INTO "+table+rows)
				}
				migrate(t, source, target)
				c := config(source, target)
				planted := [][]string{
					{"a = 20 WHERE id = 1", "a = 10 WHERE id = 2"},
					{"n = -3.5 WHERE id = 3"},
					{"a = 4294967295 WHERE id = 3", "n = 3.5 WHERE id = 3"},
					{"at = '2000-01-01 01:11:34.967296' WHERE id = 3", "a = -1 WHERE id = 3"},
					{"s = 'four' WHERE id = 3", "s = NULL WHERE id = 4"},
				}
				want := []int64{2, 3, 3, 3, 4}
				for i, changes := range planted {
					for _, change := range changes {
						for _, table := range []string{"keyed", "bag"} {
							target.exec(t, "UPDATE "+qualified(source, target, table)+" SET "+change)
						}
					}
					v := compareEnds(t, c, false)
					require.Equal(t, want[i], resultOf(t, v, "keyed").Different, "%v", changes)
					bag := resultOf(t, v, "bag")
					require.Equal(t, [2]int64{want[i], want[i]}, [2]int64{bag.MissingSource, bag.MissingTarget}, "%v", changes)
				}
			})
		}
	}
}

func tallied(t *testing.T, c task.Config) tally {
	t.Helper()
	got := resultOf(t, compareEnds(t, c, false), "special")
	return tally{got.Different, got.MissingSource, got.MissingTarget}
}

// TestValidationOfColumnsThatPrintOddly has the servers themselves write what they print in ways of their own: numbers filled with zeros, years, bits,
// texts of several collations and character sets side by side, and nulls of all of them.
func TestValidationOfColumnsThatPrintOddly(t *testing.T) {
	for _, from := range []string{"mariadb", "mysql"} {
		for _, to := range []string{"postgresql-18", "mysql", "mariadb"} {
			t.Run(from+" to "+to, func(t *testing.T) {
				source, target := newEnd(t, from), newEnd(t, to)
				source.exec(t, `CREATE TABLE special (id bigint PRIMARY KEY, z int(8) unsigned ZEROFILL, d decimal(9,3) ZEROFILL, n decimal(9,3), y year, b bit(1), t tinyint(1),
					c char(5) COLLATE utf8mb4_bin, v varchar(9) COLLATE utf8mb4_general_ci, l varchar(9) CHARACTER SET latin1, e enum('a', 'b') COLLATE utf8mb4_unicode_ci,
					at datetime(3), day date, clock time(2), raw varbinary(9))`,
					"INSERT INTO special VALUES (1, 42, 1.5, -1.50, 2001, 1, 1, 'ä ', 'Ä;1:', 'é', 'b', '2001-02-03 04:05:06.700', '2001-02-03', '01:02:03.40', 'x;')",
					"INSERT INTO special (id) VALUES (2)", "INSERT INTO special VALUES (3, 0, 0, 100, 1999, 0, 0, '', '', '', 'a', '2001-02-03 04:05:06', '1999-12-31', '00:00:00', '')")
				migrate(t, source, target)
				c := config(source, target)
				r := resultOf(t, compareEnds(t, c, false), "special")
				require.True(t, r.Equal(), "%s %v", r.Reason, r.Failures)
				target.exec(t, "UPDATE "+qualified(source, target, "special")+" SET v = 'ä;1:' WHERE id = 1")
				require.Equal(t, tally{different: 1}, tallied(t, c))
			})
		}
	}
}

// TestValidationOfColumnsWithShortNames has columns named as a query might name what it computes. Rows of one bucket would fall apart by
// them, and all but the last group would be compared with nothing.
func TestValidationOfColumnsWithShortNames(t *testing.T) {
	for _, from := range engines {
		for _, to := range engines {
			t.Run(from+" to "+to, func(t *testing.T) {
				source, target := newEnd(t, from), newEnd(t, to)
				names := strings.Split("a b c d e f g h k l n r s t v x bucket count sum digest rows", " ")
				columns, values := "id int NOT NULL PRIMARY KEY", ""
				for i, name := range names {
					columns += ", " + source.quote(name) + " int"
					values += fmt.Sprintf(", %d", i)
				}
				source.exec(t, "CREATE TABLE special ("+columns+")")
				for id := range 12 {
					source.exec(t, fmt.Sprintf("INSERT INTO special VALUES (%d%s)", id, values))
				}
				for i, name := range names {
					source.exec(t, fmt.Sprintf("UPDATE special SET %s = %s + id WHERE id > %d", source.quote(name), source.quote(name), i%5))
				}
				migrate(t, source, target)
				c := config(source, target)
				require.Equal(t, tally{}, tallied(t, c))
				table := target.table(t, source, "special")
				for id := range 12 {
					target.exec(t, fmt.Sprintf("UPDATE %s SET %s = 1000 WHERE id = %d", table, target.quote("x"), id))
					require.Equal(t, tally{different: int64(id + 1)}, tallied(t, c))
				}
			})
		}
	}
}

// TestValidationOfWidestRows has as many columns as a server's tables may have, and finds the one value that differs, at the end of its row.
func TestValidationOfWidestRows(t *testing.T) {
	for _, c := range []struct {
		from, to, kind string
		columns        int
	}{
		{"postgresql-15", "postgresql-18", "int8", 1600}, {"postgresql-18", "postgresql-15", "varchar(9)", 1600}, {"mariadb", "postgresql-15", "int", 1000},
		{"mariadb", "mariadb", "int", 1017}, {"mysql", "postgresql-18", "date", 1000}, {"postgresql-15", "mariadb", "numeric(9,2)", 1000},
	} {
		t.Run(fmt.Sprintf("%s to %s %s", c.from, c.to, c.kind), func(t *testing.T) {
			t.Parallel()
			source, target := newEnd(t, c.from), newEnd(t, c.to)
			columns := "id int NOT NULL PRIMARY KEY"
			for i := range c.columns - 1 {
				columns += fmt.Sprintf(", a_column_%04d %s", i, c.kind)
			}
			last, value := fmt.Sprintf("a_column_%04d", c.columns-2), "7"
			if c.kind == "date" {
				value = "'2001-02-03'"
			}
			source.exec(t, "CREATE TABLE special ("+columns+")", "INSERT INTO special (id, "+last+") VALUES (0, "+value+"), (1, NULL), (2, "+value+")")
			migrate(t, source, target)
			r := resultOf(t, compareEnds(t, config(source, target), false), "special")
			require.True(t, r.Equal(), "%s %v", r.Reason, r.Failures)
			require.Zero(t, r.Looked)
			require.Contains(t, r.Method, "both databases")
			target.exec(t, "UPDATE "+qualified(source, target, "special")+" SET "+last+" = NULL WHERE id = 2")
			require.Equal(t, tally{different: 1}, tallied(t, config(source, target)))
		})
	}
}

// TestValidationOfWideRows has more columns than a call of a server's function has arguments, texts of MariaDB's two binary collations, which it does not join by
// itself, and tells nulls from empty texts and neighbours from each other.
func TestValidationOfWideRows(t *testing.T) {
	for _, pair := range [][2]string{{"postgresql-18", "mariadb"}, {"mysql", "postgresql-15"}, {"mariadb", "mariadb"}, {"sqlite", "postgresql-18"}} {
		t.Run(pair[0]+" to "+pair[1], func(t *testing.T) {
			source, target := newEnd(t, pair[0]), newEnd(t, pair[1])
			columns := "id int NOT NULL PRIMARY KEY"
			for i := range 80 {
				columns += fmt.Sprintf(", n%d int, s%d varchar(9)", i, i)
			}
			columns += ", j json"
			source.exec(t, "CREATE TABLE special ("+columns+")", "INSERT INTO special (id, n0, s0) VALUES (0, 1, '1;1'), (1, NULL, ''), (2, NULL, ';')",
				"INSERT INTO special VALUES (3"+strings.Repeat(", 7, 'a;1'", 80)+", '{}')", "INSERT INTO special VALUES (4"+strings.Repeat(", 0, ''", 80)+", NULL)")
			migrate(t, source, target)
			c := config(source, target)
			r := resultOf(t, compareEnds(t, c, false), "special")
			require.True(t, r.Equal(), "%s %v", r.Reason, r.Failures)
			require.Zero(t, r.Looked, "equal rows are written alike")
			for i, change := range []string{"s0 = NULL, s1 = '' WHERE id = 1", "s79 = NULL WHERE id = 4", "n79 = 8 WHERE id = 3", "n0 = NULL, n1 = 1 WHERE id = 0", "s0 = '', s1 = ';' WHERE id = 2"} {
				target.exec(t, "UPDATE "+qualified(source, target, "special")+" SET "+change)
				require.Equal(t, tally{different: int64(i + 1)}, tallied(t, c), change)
			}
		})
	}
}

// TestValidationOfScatteredRows has rows lie in no order of their keys, so that they are not joined into one digest, next to rows that are: each way finds nothing in equal rows, and the
// one value that differs.
func TestValidationOfScatteredRows(t *testing.T) {
	for _, pair := range [][2]string{{"postgresql-18", "mariadb"}, {"mysql", "postgresql-15"}, {"postgresql-15", "postgresql-18"}} {
		t.Run(pair[0]+" to "+pair[1], func(t *testing.T) {
			t.Parallel()
			source, target := newEnd(t, pair[0]), newEnd(t, pair[1])
			const rows = 6000
			var values []string
			for i := range rows {
				values = append(values, fmt.Sprintf("(%d, 'value %d', %d.50)", i-rows/2, i, i))
			}
			for _, table := range []string{"special", "scattered"} {
				source.exec(t, "CREATE TABLE "+table+" (id int NOT NULL PRIMARY KEY, v varchar(40), n decimal(9,2))", "INSERT INTO "+table+" VALUES "+strings.Join(values, ", "))
			}
			migrate(t, source, target)
			there := qualified(source, target, "scattered")
			for _, e := range []*end{source, target} {
				table := map[*end]string{source: "scattered", target: there}[e]
				if e.family == catalog.PostgreSQL { // PostgreSQL's rows lie where they were written last
					e.exec(t, "CREATE TEMPORARY TABLE s AS SELECT * FROM "+table+" ORDER BY id * 7919 % 6007", "DELETE FROM "+table, "INSERT INTO "+table+" SELECT * FROM s", "ANALYZE "+table)
				}
			}
			c := config(source, target)
			c.Settings.ValidationSettings.PartitionSize = 500
			v := compareEnds(t, c, false)
			for _, table := range []string{"special", "scattered"} {
				r := resultOf(t, v, table)
				require.True(t, r.Equal(), "%s %v", r.Reason, r.Failures)
				require.Zero(t, r.Looked)
				require.EqualValues(t, rows, r.SourceRows)
				target.exec(t, "UPDATE "+qualified(source, target, table)+" SET v = 'other' WHERE id = -1", "DELETE FROM "+qualified(source, target, table)+" WHERE id = 2999")
			}
			v = compareEnds(t, c, false)
			for _, table := range []string{"special", "scattered"} {
				r := resultOf(t, v, table)
				require.Equal(t, tally{different: 1, missingTarget: 1}, tally{r.Different, r.MissingSource, r.MissingTarget}, "%s: %v", table, r.Failures)
			}
		})
	}
}
