package source

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/connector"
)

// TestFilesHaveNoFunctions refuses a function of a comparison rather than read the column's values in its place.
func TestFilesHaveNoFunctions(t *testing.T) {
	err := (&snapshot{source: &source{}}).Read(t.Context(), connector.ReadRequest{Columns: []connector.ReadColumn{{Expression: "lower(${column-name})"}}})
	require.ErrorContains(t, err, "files have no functions")
	require.Equal(t, connector.Invalid, connector.ClassOf(err))
}
