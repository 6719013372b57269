package task_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestAlterationsSeenLate follows statements that have all been run before the first of them is seen, when the table looks as the last
// has left it.
func TestAlterationsSeenLate(t *testing.T) {
	for name, c := range map[string]struct {
		alter []string
		want  string // what must be equal
	}{
		"rename, add":       {[]string{"ALTER TABLE item RENAME COLUMN name TO title", "ALTER TABLE item ADD COLUMN late varchar(10)"}, "title"},
		"add, rename":       {[]string{"ALTER TABLE item ADD COLUMN late varchar(10)", "ALTER TABLE item RENAME COLUMN name TO title"}, "title"},
		"rename twice":      {[]string{"ALTER TABLE item RENAME COLUMN name TO title", "ALTER TABLE item RENAME COLUMN title TO heading"}, "heading"},
		"rename, type":      {[]string{"ALTER TABLE item RENAME COLUMN n TO m", "ALTER TABLE item ALTER COLUMN m TYPE bigint"}, "m"},
		"drop and add":      {[]string{"ALTER TABLE item DROP COLUMN extra", "ALTER TABLE item ADD COLUMN late int"}, "late"},
		"drop, add, rename": {[]string{"ALTER TABLE item DROP COLUMN extra", "ALTER TABLE item RENAME COLUMN name TO title", "ALTER TABLE item ADD COLUMN late varchar(40)"}, "title"},
		"type, and rows between": {[]string{"ALTER TABLE item RENAME COLUMN name TO title", "INSERT INTO item VALUES (3, 'three', 3, 3)", "ALTER TABLE item ALTER COLUMN n TYPE bigint",
			"UPDATE item SET n = 5000000000 WHERE id = 2", "ALTER TABLE item DROP COLUMN extra", "INSERT INTO item VALUES (4, 'four', 4)",
			"ALTER TABLE item ADD COLUMN late varchar(10)", "UPDATE item SET late = 'x' WHERE id = 4"}, "title || n || coalesce(late, '-')"},
		"number to real": {[]string{"INSERT INTO item VALUES (3, 'three', 3, 3)", "ALTER TABLE item ALTER COLUMN n TYPE float8", "INSERT INTO item VALUES (4, 'four', 4.5, 4)"}, "n"},
		"swap":           {[]string{"ALTER TABLE item RENAME COLUMN n TO x", "ALTER TABLE item RENAME COLUMN extra TO n", "ALTER TABLE item RENAME COLUMN x TO extra"}, "n"},
	} {
		for _, to := range []string{"postgresql-18", "sqlite"} {
			t.Run(name+" "+to, func(t *testing.T) {
				t.Parallel()
				source, target := newEnd(t, "postgresql-15"), newEnd(t, to)
				source.exec(t, "CREATE TABLE item (id int PRIMARY KEY, name varchar(40), n int, extra int)", "INSERT INTO item VALUES (1, 'one', 1, 11), (2, 'two', 2, 12)")
				load(t, source, target)
				source.exec(t, append(c.alter, "INSERT INTO item (id) VALUES (9)")...)
				catchUp(t, source, target)
				require.Equal(t, source.column(t, "SELECT "+c.want+" FROM item ORDER BY id"), target.column(t, "SELECT "+c.want+" FROM item ORDER BY id"))
			})
		}
	}
}

// TestColumnMadeAnew: a column that is dropped and made again under its name has lost its values. Where two statements do it, so has the
// target's; one that does both says nothing of what was between.
func TestColumnMadeAnew(t *testing.T) {
	for _, to := range []string{"postgresql-18", "sqlite"} {
		t.Run(to, func(t *testing.T) {
			t.Parallel()
			source, target := newEnd(t, "postgresql-15"), newEnd(t, to)
			source.exec(t, "CREATE TABLE item (id int PRIMARY KEY, n int)", "INSERT INTO item VALUES (1, 1)")
			load(t, source, target)
			source.exec(t, "UPDATE item SET n = 5", "ALTER TABLE item DROP COLUMN n", "INSERT INTO item VALUES (2)", "ALTER TABLE item ADD COLUMN n int", "INSERT INTO item VALUES (3, 3)")
			require.Empty(t, changesOf(t, catchUp(t, source, target), "item").Suspended)
			require.Equal(t, []string{"NULL", "NULL", "3"}, target.column(t, "SELECT n FROM item ORDER BY id"))
			source.exec(t, "ALTER TABLE item DROP COLUMN n, ADD COLUMN n int", "INSERT INTO item VALUES (4, 4)")
			require.Contains(t, changesOf(t, catchUp(t, source, target), "item").Suspended, "column n was dropped and made anew")
		})
	}
}
