package task

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/validate"
)

// TestFailureTextsHaveRoom holds that what is too long for awsdms_validation_failures is JSON all the same.
func TestFailureTextsHaveRoom(t *testing.T) {
	for _, letter := range []string{"x", "é", "\x01", "<", `"`} {
		var f validate.Failure
		for i := range 80 {
			f.Columns = append(f.Columns, validate.Difference{Column: fmt.Sprint("c", i), Source: strings.Repeat(letter, 150), Target: "NULL"})
		}
		text := failureDetails(f, failureDetailsSize)
		require.LessOrEqual(t, len(text), failureDetailsSize)
		var columns []map[string]string
		require.NoError(t, json.Unmarshal([]byte(text), &columns))
		require.NotEmpty(t, columns)
		require.Equal(t, strings.Repeat(letter, 150), columns[0]["source"])

		text = failureDetails(validate.Failure{Why: strings.Repeat(letter, 9000)}, failureDetailsSize)
		require.LessOrEqual(t, len(text), failureDetailsSize)
		var why map[string]string
		require.NoError(t, json.Unmarshal([]byte(text), &why))
		require.True(t, strings.HasSuffix(why["reason"], "…"))

		for _, columns := range []int{1, 3, 60} {
			text = failureKey(validate.Failure{Key: slicesOf(strings.Repeat(letter, 9000), columns)})
			require.LessOrEqual(t, len(text), failureKeySize)
			var key struct{ Key []string }
			require.NoError(t, json.Unmarshal([]byte(text), &key))
			require.NotEmpty(t, key.Key)
			require.Greater(t, len(key.Key[0]), 200, "it is known for a beginning")
			require.True(t, strings.HasSuffix(key.Key[0], "…"))
		}
	}
	require.JSONEq(t, `{"key": ["a","7"]}`, failureKey(validate.Failure{Key: []string{"a", "7"}}))
	require.JSONEq(t, `[]`, failureDetails(validate.Failure{}, failureDetailsSize))
	require.JSONEq(t, `[{"column":"v","source":"1","target":"2"},{"column":"w","source":"1","target":"2"}]`, failureDetails(validate.Failure{
		Columns: []validate.Difference{{Column: "v", Source: "1", Target: "2"}, {Column: "w", Source: "1", Target: "2"}},
	}, failureDetailsSize))
}

func slicesOf(text string, n int) (out []string) {
	for range n {
		out = append(out, text)
	}
	return out
}
