package postgres

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/servertest"
)

const pgDump15 = "/usr/lib/postgresql/15/bin/pg_dump"

// rich lists the files of a database with everything in it.
func rich(v servertest.PostgreSQLVersion) []string {
	files := []string{"tables.sql", "objects.sql"}
	if v >= servertest.PostgreSQL18 {
		files = append(files, "tables18.sql")
	}
	return files
}

// compareDumps requires pg_dump to write the same for both databases. It can only be asked about version 15.
func compareDumps(t *testing.T, from, to *servertest.Database) {
	t.Helper()
	if _, err := os.Stat(pgDump15); err != nil {
		t.Log("SKIPPED: pg_dump of PostgreSQL 15 is not installed")
		return
	}
	a, okA := dump(t, from)
	b, okB := dump(t, to)
	if okA && okB {
		require.Equal(t, strings.Join(a, "\n"), strings.Join(b, "\n"))
	}
}

// dump returns the statements of a schema dump in alphabetical order, and false for servers newer than pg_dump.
func dump(t *testing.T, db *servertest.Database) ([]string, bool) {
	t.Helper()
	out, err := exec.Command(pgDump15, "-s", "--no-owner", "--no-acl", "-T", "*.awsdms_*", db.URL).CombinedOutput()
	if err != nil {
		require.Contains(t, string(out), "server version mismatch", fmt.Sprint(err))
		return nil, false
	}
	var kept []string
	for _, l := range strings.Split(string(out), "\n") {
		if l != "" && !strings.HasPrefix(l, "--") && !strings.HasPrefix(l, `\restrict`) && !strings.HasPrefix(l, `\unrestrict`) {
			kept = append(kept, l)
		}
	}
	slices.Sort(kept)
	return kept, true
}
