package validate

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestKeysOfMessagesNameRows(t *testing.T) {
	two, both := []string{"id", "code"}, []string{"5", "a, b=c"}
	for text, want := range map[string]bool{
		"id=5, code=a, b=c": true, "ID=5, CODE=a, b=c": true, "code=5, id=a, b=c": true, "id=5": false, "id=5, code=a": false, "id=6, code=a, b=c": false, "": false, "=5, =a": false,
		"id=5, code=a…": true, "id=5, code=b…": false,
	} {
		require.Equal(t, want, namesKey(text, two, both), text)
	}
	require.True(t, namesKey("id=null", []string{"id"}, []string{"NULL"}))
	require.True(t, namesKey("id=0aff", []string{"id"}, []string{`\x0aff`}))
	require.False(t, namesKey("id=1", nil, nil), "a table without a key")
	require.True(t, namesKey("a=x=y", []string{"a"}, []string{"x=y"}))
}
