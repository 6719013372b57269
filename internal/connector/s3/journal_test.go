package s3

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// TestControlObjectsWithoutANameGoWithTheirRun: a process that is killed may leave a control object that had no name yet. It goes when
// the run ends; those of tables of other runs, which may be under way, stay.
func TestControlObjectsWithoutANameGoWithTheirRun(t *testing.T) {
	dir := t.TempDir()
	at, err := openTarget(t.Context(), connector.Config{URL: "file://" + dir})
	require.NoError(t, err)
	name := catalog.Name{Schema: "s", Name: "t"}
	m := connector.Mark{Run: "run", Table: name, Segment: connector.Segment{Number: 1, Of: 1}}
	require.NoError(t, at.Journal().Plan(t.Context(), []connector.Mark{m}))
	for _, left := range []string{"load/run/s/t/.awsdms-aa-1.json", "tables/s/.awsdms-aa-t.json", "glue/s/.awsdms-aa-t.json", "tables/s/.awsdms-aa-other.json", "changes/run/.awsdms-aa-state.json"} {
		path := filepath.Join(dir, control, left)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, nil, 0o600))
	}
	require.NoError(t, at.Journal().Close(t.Context(), "run"))
	require.NoError(t, at.(connector.Applier).Forget(t.Context(), "run"))
	var found []string
	require.NoError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			found = append(found, filepath.Base(path))
		}
		return err
	}))
	slices.Sort(found)
	require.Equal(t, []string{".awsdms-aa-other.json"}, found)
}
