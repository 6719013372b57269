package dms

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var updateEndpointsPage = flag.Bool("update-endpoints", false, "rewrite the tables of docs/endpoints.md")

const endpointsPage = "../../../docs/endpoints.md"

// TestEndpointsPageTellsTheTruth: the tables of docs/endpoints.md are those that calls are checked by.
func TestEndpointsPageTellsTheTruth(t *testing.T) {
	raw, err := os.ReadFile(endpointsPage)
	require.NoError(t, err)
	page := string(raw)
	for name, table := range map[string]string{
		"engines": enginesTable(), "postgres": settingsTable(postgresSettings), "mysql": settingsTable(mysqlSettings), "s3": settingsTable(s3Settings), "redshift": settingsTable(redshiftSettings),
	} {
		begin, end := "<!-- table: "+name+" -->\n", "<!-- end -->"
		head, rest, ok := strings.Cut(page, begin)
		require.True(t, ok, "%s has no place for the table of %s", endpointsPage, name)
		_, tail, ok := strings.Cut(rest, end)
		require.True(t, ok)
		page = head + begin + table + end + tail
	}
	if *updateEndpointsPage {
		require.NoError(t, os.WriteFile(endpointsPage, []byte(page), 0o600))
		return
	}
	require.Equal(t, page, string(raw), "run go test ./internal/service/dms -run EndpointsPage -update-endpoints and review the difference")
}

func enginesTable() string {
	var b strings.Builder
	b.WriteString("| engine | name | source | target | settings | port |\n|---|---|---|---|---|---|\n")
	for i := range engines {
		e := &engines[i]
		document, port := "`"+e.document+"`", decimal(e.port)
		switch {
		case e.file:
			document, port = "none", "none"
		case e.bucket:
			port = "none"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s | %s |\n", e.name, e.display, yesNo(e.source), yesNo(e.target), document, port)
	}
	return b.String()
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func settingsTable(settings []setting) string {
	var b strings.Builder
	b.WriteString("| setting | of | values | default | state |\n|---|---|---|---|---|\n")
	for i := range settings {
		s := &settings[i]
		name := "`" + s.name + "`"
		for _, other := range s.also {
			name += ", `" + other + "`"
		}
		if s.alone {
			name += " (A)"
		}
		otherwise := ""
		if s.otherwise != "" {
			otherwise = "`" + s.otherwise + "`"
		}
		end := s.end
		if end == "" {
			end = "both"
		}
		if s.without != "" {
			end += ", not `" + s.without + "`"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", name, end, s.takes(), otherwise, s.state())
	}
	return b.String()
}

// takes says what values there are.
func (s *setting) takes() string {
	switch {
	case len(s.only) > 0:
		return "`" + strings.Join(s.only, "`, `") + "`"
	case s.why != "":
		return ""
	case s.form == truth:
		return "`true`, `false`"
	case s.form == choice:
		return "`" + strings.Join(s.values, "`, `") + "`"
	case s.form == number:
		return fmt.Sprintf("%d to %d %s", s.low, s.high, s.unit)
	}
	return "text"
}

func (s *setting) state() string {
	switch {
	case s.why == "":
		return "obeyed: " + s.does
	case len(s.only) > 1:
		return "those values alone: " + s.why
	case len(s.only) > 0:
		return "that value alone: " + s.why
	}
	return "refused: " + s.why
}
