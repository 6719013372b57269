package servertest

import (
	"os"
	"path/filepath"
	"testing"
)

// Pglogical returns a fresh database on a shared server of PostgreSQL 15 with the library pglogical, which packages have for that version
// alone. Its extension is not made yet.
func Pglogical(t testing.TB) *Database {
	t.Helper()
	const preload = "shared_preload_libraries = 'pglogical'"
	bin, ok := postgresBin(PostgreSQL15)
	if ok {
		_, err := os.Stat(filepath.Join(filepath.Dir(bin), "lib", "pglogical_output.so"))
		ok = err == nil
	}
	if !ok {
		missing(t, "pglogical for PostgreSQL 15")
	}
	s, err := shared("pglogical", func() (Server, error) { return newPostgres(bin, []string{preload}) })
	if err != nil {
		t.Fatalf("start PostgreSQL 15 with pglogical: %v", err)
	}
	return postgresDatabase(t, s)
}
