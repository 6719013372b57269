package ec2

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/ec2api"
)

// TestEveryErrorMayBeAnswered: the edge answers an error whose code is of no family that it knows as an internal failure.
func TestEveryErrorMayBeAnswered(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	codes := 0
	for _, file := range files {
		source, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, found := range regexp.MustCompile(`fault\("([A-Za-z.]+)"`).FindAllStringSubmatch(string(source), -1) {
			codes++
			require.True(t, ec2api.Service.Modelled(ec2api.Service.Operation("CreateNetworkInterface"), found[1]), "%s: %s", file, found[1])
		}
	}
	require.Greater(t, codes, 20)
}
