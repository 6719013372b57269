package internal_test

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestWhatTheSecurityPagePromisesIsTested: each test that docs/security.md names as the proof of something is there.
func TestWhatTheSecurityPagePromisesIsTested(t *testing.T) {
	page, err := os.ReadFile("../docs/security.md")
	require.NoError(t, err)
	named := regexp.MustCompile("`((?:internal|tests)/[a-z0-9/]+)\\.(Test[A-Za-z0-9]+)`").FindAllSubmatch(page, -1)
	require.Greater(t, len(named), 20)
	for _, n := range named {
		files, err := filepath.Glob(filepath.Join("..", string(n[1]), "*_test.go"))
		require.NoError(t, err)
		found := false
		for _, f := range files {
			source, err := os.ReadFile(f)
			require.NoError(t, err)
			found = found || regexp.MustCompile(`(?m)^func `+string(n[2])+`\(`).Match(source)
		}
		require.True(t, found, "%s has no %s", n[1], n[2])
	}
}
