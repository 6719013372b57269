package mapping

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestPatternMatch(t *testing.T) {
	for pattern, names := range map[string]struct{ yes, no []string }{
		"orders":    {[]string{"orders"}, []string{"Orders", "order", "orders2", ""}},
		"%":         {[]string{"", "a", "日本"}, nil},
		"tmp[_]%":   {[]string{"tmp_", "tmp_a"}, []string{"tmpa", "tmp"}},
		"tmp_%":     {[]string{"tmpa", "tmp_a"}, []string{"tmp"}},
		"%_log":     {[]string{"a_log", "alog"}, []string{"log"}},
		"t[ab]":     {[]string{"ta", "tb"}, []string{"tc", "t", "tab"}},
		"t[a-dx]":   {[]string{"ta", "td", "tx"}, []string{"te", "t-"}},
		"t[a-]":     {[]string{"ta", "t-"}, []string{"tb"}},
		"a%b%c":     {[]string{"abc", "aXbXc", "abbcc"}, []string{"ab", "acb"}},
		"_":         {[]string{"é", "日"}, []string{"", "ab"}},
		"[[]x]":     {[]string{"[x]"}, []string{"x]"}},
		"%%":        {[]string{"", "x"}, nil},
		"100[%]":    {[]string{"100%"}, []string{"1000"}},
		"a.b\n[^c]": {[]string{"a.b\nc", "a.b\n^"}, []string{"axb\nc"}},
	} {
		p, err := CompilePattern(pattern)
		require.NoError(t, err, pattern)
		for _, name := range names.yes {
			require.True(t, p.Match(name), "%q should match %q", pattern, name)
		}
		for _, name := range names.no {
			require.False(t, p.Match(name), "%q should not match %q", pattern, name)
		}
	}
}

func TestPatternExact(t *testing.T) {
	for pattern, want := range map[string]string{"order_items": "order_items", "a[_]b": "a_b", "[%]": "%", "x": "x"} {
		p, err := CompilePattern(pattern)
		require.NoError(t, err)
		name, ok := p.Exact()
		require.True(t, ok, pattern)
		require.Equal(t, want, name)
	}
	for _, pattern := range []string{"a%", "[ab]", "[a-c]"} {
		p, err := CompilePattern(pattern)
		require.NoError(t, err)
		_, ok := p.Exact()
		require.False(t, ok, pattern)
	}
}

func TestLiteralMatchesItsNameAlone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		letters := rapid.StringOfN(rapid.RuneFrom([]rune("ab%_[]-é")), 1, 8, -1)
		name, other := letters.Draw(t, "name"), letters.Draw(t, "other")
		p, err := CompilePattern(Literal(name))
		require.NoError(t, err)
		require.True(t, p.Match(name))
		require.Equal(t, name == other, p.Match(other))
		exact, ok := p.Exact()
		require.True(t, ok)
		require.Equal(t, name, exact)
	})
}

// TestPatternMatchesLikeARegularExpression compares with a matcher that is written in another way.
func TestPatternMatchesLikeARegularExpression(t *testing.T) {
	pieces := map[string]string{
		"%": "(?s:.*)", "_": "(?s:.)", "[_]": "_", "[ab]": "[ab]", "[a-c]": "[a-c]", "[a-]": "[a-]", "[[]": `\[`, "[%]": "%",
		"a": "a", "b": "b", "c": "c", "é": "é", ".": `\.`, "]": `\]`, "-": "-",
	}
	keys := make([]string, 0, len(pieces))
	for k := range pieces {
		keys = append(keys, k)
	}
	rapid.Check(t, func(t *rapid.T) {
		var pattern, expression strings.Builder
		for _, piece := range rapid.SliceOfN(rapid.SampledFrom(keys), 1, 10).Draw(t, "pieces") {
			pattern.WriteString(piece)
			expression.WriteString(pieces[piece])
		}
		p, err := CompilePattern(pattern.String())
		require.NoError(t, err)
		naive := regexp.MustCompile("^" + expression.String() + "$")
		name := rapid.StringOfN(rapid.RuneFrom([]rune("abcé_%[].-\n")), 0, 10, -1).Draw(t, "name")
		require.Equal(t, naive.MatchString(name), p.Match(name), "pattern %q, name %q", pattern.String(), name)
	})
}
