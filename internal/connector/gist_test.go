package connector

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestGistOfAStatement(t *testing.T) {
	for sql, want := range map[string]string{
		"DROP TABLE t":                        "DROP TABLE t",
		"\n CREATE TABLE t (\r\n\tn integer)": "CREATE TABLE t ( …",
		"":                                    "",
		"x" + strings.Repeat("é", 100):        "x" + strings.Repeat("é", 60) + " …", // no letter is cut through
	} {
		require.Equal(t, want, Gist(sql))
	}
}
