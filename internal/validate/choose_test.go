package validate

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestKeysOfMessagesNameRows(t *testing.T) {
	both := []string{"5", "a, b=c"}
	for text, want := range map[string]bool{
		"id=5, code=a, b=c": true, "ID=5, CODE=a, b=c": true, "code=5, id=a, b=c": true, "id=5": false, "id=5, code=a": false, "id=6, code=a, b=c": false, "": false, "=5, =a": false,
		"id=5, code=a…": true, "id=5, code=b…": false,
	} {
		require.Equal(t, want, namesKey(text, both), text)
	}
	require.True(t, namesKey("id=null", []string{"NULL"}))
	require.True(t, namesKey("id=0aff", []string{`\x0aff`}))
	require.False(t, namesKey("id=1", nil), "a table without a key")
	require.True(t, namesKey("a=x=y", []string{"x=y"}))
	for _, text := range []string{"name=Smith, John, id=5", "renamed=Smith, John, other=5", "name=Smith, J…, id=5"} {
		require.True(t, namesKey(text, []string{"Smith, John", "5"}), text)
	}
	require.True(t, namesKey("a=x, b=y, b=z", []string{"x, b=y", "z"}))
	require.False(t, namesKey("name=Smith, id=5", []string{"Smith, John", "5"}))
	require.False(t, namesKey("id=55", []string{"5"}))
	require.False(t, namesKey("id=5…", []string{"6"}))
}
