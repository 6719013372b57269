package progress

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestATableDoesNotSteerTheTerminal: names with escape sequences, in whichever encoding, are shown and not obeyed.
func TestATableDoesNotSteerTheTerminal(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"shop.größe\t1\r\nnext\n": "shop.größe\t1\r\nnext\n", "a\x1b[2J\x07b": `a\x1b[2J\ab`, "\x9b31m": `\x9b31m`, "\u009b31m": `\u009b31m`, "a\rb": `a\rb`, "\x7f": `\x7f`, "\ufffd": "\ufffd", "": "",
	} {
		require.Equal(t, want, Plain(text))
		var b strings.Builder
		_, err := fmt.Fprint(PlainWriter(&b), text)
		require.NoError(t, err)
		require.Equal(t, want, b.String())
	}
}
