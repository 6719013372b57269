package chaos_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestTargetDroppedBetweenRuns takes away the whole target, journal and all, after a killed run: the next one says that
// there is nothing to write to, and once an empty database is there again, loads everything into it.
func TestTargetDroppedBetweenRuns(t *testing.T) {
	for _, pair := range [][2]string{{sqlite, pg}, {pg, maria}, {maria, sqlite}} {
		t.Run(pair[0]+" to "+pair[1], func(t *testing.T) {
			t.Parallel()
			source, target := newEnd(t, pair[0]), newEnd(t, pair[1])
			makeShop(t, source)
			killAmongRows(t, source, target)
			again := target.drop(t)
			if pair[1] != sqlite { // whose files are made when they are missing
				p := start(t, source, target)
				require.Equal(t, 1, p.code(t, runs), p.errors.String())
				require.Contains(t, lastLine(p.errors.String()), target.name())
			}
			again()
			complete(t, source, target)
			requireSame(t, source, target)
			require.False(t, target.journalLeft(t))
		})
	}
}

// TestTablesDroppedBetweenRuns takes away one table that was being loaded, and one that was loaded.
func TestTablesDroppedBetweenRuns(t *testing.T) {
	for _, pair := range [][2]string{{pg, pg}, {sqlite, maria}, {maria, sqlite}} {
		t.Run(pair[0]+" to "+pair[1], func(t *testing.T) {
			t.Parallel()
			source, target := newEnd(t, pair[0]), newEnd(t, pair[1])
			makeShop(t, source)
			killAmongRows(t, source, target)
			target.exec(t, "DROP TABLE IF EXISTS orders", "DROP TABLE IF EXISTS visit", "DROP TABLE IF EXISTS small_1")
			complete(t, source, target)
			requireSame(t, source, target)
			require.False(t, target.journalLeft(t))
		})
	}
}

// name is the last part of the URL, without parameters.
func (e *end) name() string {
	name, _, _ := strings.Cut(e.url[strings.LastIndexByte(e.url, '/')+1:], "?")
	return name
}

// drop removes the database and returns what makes an empty one under its name.
func (e *end) drop(t *testing.T) (again func()) {
	t.Helper()
	if e.kind == sqlite {
		for _, suffix := range []string{"", "-wal", "-shm", "-journal"} {
			require.True(t, os.Remove(strings.TrimPrefix(e.url, "sqlite:")+suffix) == nil || suffix != "")
		}
		e.db.SetMaxIdleConns(0) // what is open is the file that is gone
		return func() {}
	}
	other := newEnd(t, e.kind) // on the same server
	e.db.SetMaxIdleConns(0)
	if e.kind == pg {
		other.exec(t, "DROP DATABASE "+e.name()+" WITH (FORCE)")
	} else {
		other.exec(t, "DROP DATABASE "+e.name(), "DROP DATABASE awsdms_control")
	}
	return func() { other.exec(t, "CREATE DATABASE "+e.name()) }
}
