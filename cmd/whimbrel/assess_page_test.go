package main

import (
	"html"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// TestAssessmentPage reads the page of a source that is not ready, part by part: what is to be done, with the statements; what moves, what changes and what does
// not; and the time, from rows that were read.
func TestAssessmentPage(t *testing.T) {
	d := servertest.PostgreSQL(t, servertest.PostgreSQL18)
	db := servertest.OpenDB(t, "pgx", d.URL)
	user := "assessor_" + d.Name
	servertest.Exec(t, db,
		"CREATE TABLE large AS SELECT i AS id, repeat('x', 100) AS v FROM generate_series(1, 5000) i", "ALTER TABLE large ADD PRIMARY KEY (id)", "ANALYZE large",
		"CREATE TABLE item (id integer PRIMARY KEY, a uuid, w int4range)", "CREATE INDEX found ON item (a) INCLUDE (w)", "CREATE TABLE hidden (id integer PRIMARY KEY)", "CREATE TABLE visit (page text)",
		"CREATE MATERIALIZED VIEW sums AS SELECT count(*) FROM item", "CREATE ROLE "+user+" LOGIN PASSWORD 'secret'", "GRANT SELECT ON large, item, visit TO "+user,
		"ALTER DATABASE "+d.Name+" SET logical_decoding_work_mem = '1MB'")
	t.Cleanup(func() {
		servertest.Exec(t, db, "DROP OWNED BY "+user, "DROP ROLE "+user)
	})
	source, err := url.Parse(d.URL)
	require.NoError(t, err)
	source.User = url.UserPassword(user, "secret")
	page := filepath.Join(t.TempDir(), "page.html")
	r := invoke(t, "assess", source.String(), "sqlite:"+filepath.Join(t.TempDir(), "new.db"), "--type", "full-load-and-cdc", "--html", page)
	require.Equal(t, exitIncomplete, r.code, r.all)
	text, err := os.ReadFile(page)
	require.NoError(t, err)
	parts := partsOf(string(text))
	for title, wants := range map[string][]string{
		"To be done before it starts":   {`public.hidden`, `GRANT SELECT ON`, `public.visit`, `REPLICA IDENTITY FULL`, user},
		"To be known, or better mended": {`logical_decoding_work_mem`, `'64MB'`},
		"What moves":                    {"public.large", "public.item", "5,000"},
		"How long it takes":             {"This is from a sample: 5,000 rows of public.large were read in"},
		"What changes":                  {`Index "found" of table public.item loses its included columns`},
		"What does not move":            {"public.sums"},
		"Everything that was checked":   {"postgres-check-wallevel", "postgres-check-select-object-privileges", "passed", "failed", "warning", "skipped"},
	} {
		for _, want := range wants {
			require.Contains(t, parts[title], want, title)
		}
	}
	require.Contains(t, parts[""], "Not ready.")
	require.NotContains(t, string(text), "secret")
}

var tag = regexp.MustCompile(`<[^>]*>`)

// partsOf are the texts of a page by the heading above them.
func partsOf(page string) map[string]string {
	out := map[string]string{}
	for i, part := range strings.Split(page, "<h2>") {
		title, rest, headed := strings.Cut(part, "</h2>")
		if i == 0 || !headed {
			title, rest = "", part
		}
		out[title] += html.UnescapeString(tag.ReplaceAllString(rest, " "))
	}
	return out
}
