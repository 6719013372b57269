package expr_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/expr"
)

// TestDocumentedExamplesCompile reads the examples of the users' page.
func TestDocumentedExamplesCompile(t *testing.T) {
	page, err := os.ReadFile("../../docs/expressions.md")
	require.NoError(t, err)
	_, examples, found := strings.Cut(string(page), "\n## Examples\n")
	require.True(t, found)
	examples, _, _ = strings.Cut(examples, "\n## ")
	cells := regexp.MustCompile("(?m)^\\|[^`|]+\\| `(.+)` \\|$").FindAllStringSubmatch(examples, -1)
	require.Len(t, cells, 8)
	for _, c := range cells {
		_, err := expr.Compile(strings.ReplaceAll(c[1], `\|`, `|`))
		require.NoError(t, err, c[1])
	}
}
