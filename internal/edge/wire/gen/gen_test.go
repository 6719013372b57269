package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestGeneratedFilesAreCurrent generates everything again and compares.
func TestGeneratedFilesAreCurrent(t *testing.T) {
	lists, err := readOperations("operations.txt")
	require.NoError(t, err)
	require.NotEmpty(t, lists)
	for service := range lists {
		m, err := readModel(filepath.Join("models", service+".json"))
		require.NoError(t, err)
		require.NoError(t, m.extend(filepath.Join("models", service+".extra.json")))
		want, err := generate(service, m)
		require.NoError(t, err)
		have, err := os.ReadFile(filepath.Join("..", service+"api", service+".go"))
		require.NoError(t, err)
		require.Equal(t, string(want), string(have), "run `make generate`")
	}
}
