package internal_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	required = regexp.MustCompile(`(?m)^\t(\S+) v\S+$`) // not those that are indirect
	braced   = regexp.MustCompile(`([\w./-]+)\{([^}]+)\}([\w./-]*)`)
)

// TestDependenciesHaveTheirReason: docs/dependencies.md has every module that go.mod asks for directly.
func TestDependenciesHaveTheirReason(t *testing.T) {
	page, err := os.ReadFile("../docs/dependencies.md")
	require.NoError(t, err)
	named := map[string]bool{}
	for _, line := range strings.Split(string(page), "\n") {
		cells := strings.Split(line, "|")
		if len(cells) < 4 {
			continue
		}
		modules := braced.ReplaceAllStringFunc(cells[1], func(all string) string {
			m := braced.FindStringSubmatch(all)
			return m[1] + strings.ReplaceAll(m[2], ",", m[3]+", "+m[1]) + m[3]
		})
		for _, module := range strings.FieldsFunc(modules, func(r rune) bool { return r == ',' || r == ' ' }) {
			named[module] = true
		}
	}
	mod, err := os.ReadFile("../go.mod")
	require.NoError(t, err)
	found := required.FindAllStringSubmatch(string(mod), -1)
	require.Greater(t, len(found), 40)
	for _, m := range found {
		require.True(t, named[m[1]], "docs/dependencies.md does not say what %s is for", m[1])
	}
}
