package apply

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// TestWhatComesAgainIsCountedOnce: a source of one thing after another, read from the durable place on after every loss, wherever that
// comes.
func TestWhatComesAgainIsCountedOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var c Counter
		var durable, at, furthest int64
		t.Repeat(map[string]func(*rapid.T){
			"read": func(t *rapid.T) {
				n := int64(rapid.IntRange(1, 5).Draw(t, "n"))
				c.Add(n)
				at += n
				furthest = max(furthest, at)
			},
			"keep": func(*rapid.T) {
				c.Keep(at - durable)
				durable = at
			},
			"lose": func(*rapid.T) {
				c.Lost()
				at = durable
			},
			"": func(t *rapid.T) { require.Equal(t, furthest, c.Load()) },
		})
	})
}
