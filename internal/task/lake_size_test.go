package task_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestLakeFilesEndNearTheirSize: none is larger than MaxFileSize by more than a Parquet file's end, and all but the last are more than
// half of it.
func TestLakeFilesEndNearTheirSize(t *testing.T) {
	source, l := newEnd(t, "sqlite"), newLake(t)
	source.exec(t, "CREATE TABLE one (id INTEGER PRIMARY KEY, v TEXT)",
		"WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM c WHERE i < 10000) INSERT INTO one SELECT i, hex(randomblob(50)) FROM c")
	for _, s := range [][]string{{"MaxFileSize", "100"}, {"MaxFileSize", "100", "DataFormat", "parquet"}, {"MaxFileSize", "200", "CompressionType", "gzip"}} {
		l.load(t, source, lakeWith(s...), func(c *taskConfig) {
			c.Settings.FullLoadSettings.TargetTablePrepMode, c.RefuseRows, c.SegmentBytes = "DROP_AND_CREATE", false, 100<<20
		})
		most := int64(100 << 10)
		if s[1] == "200" {
			most = 200 << 10
		}
		files, err := filepath.Glob(filepath.Join(l.Dir, "dms/main/one/*"))
		require.NoError(t, err)
		require.Greater(t, len(files), 2, strings.Join(s, " "))
		for i, name := range files {
			info, err := os.Stat(name)
			require.NoError(t, err)
			require.LessOrEqual(t, info.Size(), most+most/8, "%v: %s", s, name)
			if i < len(files)-1 {
				require.Greater(t, info.Size(), most/2, "%v: %s", s, name)
			}
		}
	}
}
