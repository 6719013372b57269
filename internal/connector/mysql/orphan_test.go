package mysql

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// TestOrphanedFileIsNamed: MariaDB makes no table whose file is there though the table is not, and SQL does not remove it.
func TestOrphanedFileIsNamed(t *testing.T) {
	d := servertest.PrivateMariaDB(t)
	f := newFixture(t, d)
	file := filepath.Join(d.Server.Dir(), "data", d.Name, "a.ibd")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	create := []catalog.Statement{{SQL: "CREATE TABLE " + quoteIdent(d.Name) + ".a (id INT PRIMARY KEY)"}}
	err := f.target.Exec(t.Context(), create)
	require.ErrorContains(t, err, "remove "+file+", which belongs to no table")
	require.NoError(t, os.Remove(file))
	require.NoError(t, f.target.Exec(t.Context(), create))
}
