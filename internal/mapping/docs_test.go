package mapping

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestDocumentation holds docs/table-mapping.md to the grammar: its examples are read, and it names every word.
func TestDocumentation(t *testing.T) {
	text, err := os.ReadFile("../../docs/table-mapping.md")
	require.NoError(t, err)
	examples := regexp.MustCompile("(?s)```json\n(.*?)```").FindAllStringSubmatch(string(text), -1)
	require.NotEmpty(t, examples)
	for _, e := range examples {
		document := e[1]
		if !strings.HasPrefix(document, `{"rules"`) {
			document = withAll(document)
		}
		_, err := Parse([]byte(document))
		require.NoError(t, err, e[1])
	}
	for action := range actions {
		require.Contains(t, string(text), "`"+string(action)+"`")
	}
	for _, words := range [][]string{keysOf(ruleTypes), keysOf(filterOperators), documentTypes, {partitionsAuto, partitionsList, ranges, subpartitionsAuto}} {
		for _, w := range words {
			require.Contains(t, string(text), "`"+w+"`")
		}
	}
}

func keysOf[V any](m map[string]V) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	return out
}
