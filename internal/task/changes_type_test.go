package task_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// TestTypesAndNamesChangeAcrossEngines: columns get wider types and the table another name, with rows before, between and after.
func TestTypesAndNamesChangeAcrossEngines(t *testing.T) {
	for _, from := range []string{"postgresql-15", "mariadb", "mysql", "sqlite"} {
		for _, to := range []string{"postgresql-18", "mariadb", "sqlite"} {
			t.Run(from+" to "+to, func(t *testing.T) {
				t.Parallel()
				source, target := newEnd(t, from), newEnd(t, to)
				retype := map[catalog.Family]string{catalog.PostgreSQL: "ALTER TABLE item ALTER COLUMN ?c TYPE ?t", catalog.MySQL: "ALTER TABLE item MODIFY COLUMN ?c ?t", catalog.SQLite: ""}[source.family]
				source.exec(t, "CREATE TABLE item (id int NOT NULL PRIMARY KEY, n int, v varchar(20), d int)", "INSERT INTO item VALUES (1, 1, 'one', 1)")
				load(t, source, target)
				for i, change := range [][2]string{{"n", "bigint"}, {"v", "varchar(200)"}, {"d", "decimal(20,4)"}} {
					if retype == "" {
						break
					}
					source.exec(t, "INSERT INTO item (id) VALUES ("+strconv.Itoa(10+i)+")", strings.NewReplacer("?c", change[0], "?t", change[1]).Replace(retype))
				}
				wide := "INSERT INTO item VALUES (20, 5, 'five', 7)"
				if retype != "" {
					wide = "INSERT INTO item VALUES (20, 5000000000, '" + strings.Repeat("wide ", 20) + "', 123456.789)"
				}
				source.exec(t, wide, "UPDATE item SET n = n + 1 WHERE id = 1", "ALTER TABLE item RENAME TO thing", "INSERT INTO thing VALUES (30, 6, 'six', 8)", "UPDATE thing SET v = 'new' WHERE id = 10")
				report := catchUp(t, source, target)
				require.Empty(t, changesOf(t, report, "thing").Suspended)
				require.Zero(t, changesOf(t, report, "thing").Failed)
				there := target.table(t, source, "thing")
				for _, column := range []string{"n", "v", "d"} {
					require.Equal(t, asNumbers(source.column(t, "SELECT "+column+" FROM thing ORDER BY id")), asNumbers(target.column(t, "SELECT "+column+" FROM "+there+" ORDER BY id")), column)
				}
			})
		}
	}
}

// asNumbers writes the numbers among texts in one way.
func asNumbers(texts []string) []string {
	for i, s := range texts {
		if x, err := strconv.ParseFloat(s, 64); err == nil {
			texts[i] = strconv.FormatFloat(x, 'f', -1, 64)
		}
	}
	return texts
}

// TestTypesChangeTwice: a type that is another again when its rows are read is followed all the same, and no value is rounded on the way.
func TestTypesChangeTwice(t *testing.T) {
	for _, from := range []string{"postgresql-15", "mariadb"} {
		for _, to := range []string{"postgresql-18", "mariadb", "sqlite"} {
			t.Run(from+" to "+to, func(t *testing.T) {
				t.Parallel()
				source, target := newEnd(t, from), newEnd(t, to)
				retype := map[catalog.Family]string{catalog.PostgreSQL: "ALTER TABLE item ALTER COLUMN n TYPE ", catalog.MySQL: "ALTER TABLE item MODIFY COLUMN n "}[source.family]
				source.exec(t, "CREATE TABLE item (id int NOT NULL PRIMARY KEY, n int)", "INSERT INTO item VALUES (1, 1)")
				load(t, source, target)
				source.exec(t, retype+"decimal(12,2)", "INSERT INTO item VALUES (2, 7.25)", retype+"decimal(20,4)", "INSERT INTO item VALUES (3, 8.1234)", retype+"decimal(30,6)")
				report := catchUp(t, source, target)
				require.Empty(t, changesOf(t, report, "item").Suspended)
				require.Zero(t, changesOf(t, report, "item").Failed)
				require.Equal(t, asNumbers(source.text(t, "item", "n")), asNumbers(target.text(t, target.table(t, source, "item"), "n")))
			})
		}
	}
}
