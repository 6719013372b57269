package postgres

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// web is a random set of objects of which each refers to some of those before it.
type web struct {
	sql []string
	// calls are expressions without subqueries, reads with; rows are relations that have a row type; domains are types.
	// early are the calls that need no relation. (The server refuses to change a domain when a function takes the row
	// type of a table that has a column of it, so a domain's constraint cannot come late in any order.)
	calls, reads, rows, domains, early []string
}

func (w *web) sum(t *rapid.T, from []string) string {
	sum := "1"
	if len(from) > 0 {
		for _, e := range rapid.SliceOfN(rapid.SampledFrom(from), 0, 3).Draw(t, "parts") {
			sum += " + " + e
		}
	}
	return sum
}

func (w *web) pick(t *rapid.T, from []string, otherwise string) string {
	if len(from) == 0 {
		return otherwise
	}
	return rapid.SampledFrom(from).Draw(t, "pick")
}

func (w *web) add(t *rapid.T, name string) {
	all := append(append([]string{}, w.calls...), w.reads...)
	do := func(format string, args ...any) { w.sql = append(w.sql, fmt.Sprintf(format, args...)) }
	switch rapid.IntRange(0, 6).Draw(t, "kind") {
	case 0, 1:
		do("CREATE TABLE %s (id bigint PRIMARY KEY, d %s DEFAULT %s, CHECK (d > -%s))", name, w.pick(t, w.domains, "bigint"), w.sum(t, w.calls), w.pick(t, w.calls, "1"))
		w.rows = append(w.rows, name)
		w.reads = append(w.reads, "(SELECT count(*) FROM "+name+")", "(SELECT sum(id) FROM (SELECT id FROM "+name+" GROUP BY id) g)::bigint")
	case 2:
		do("CREATE VIEW %s AS SELECT (%s)::bigint AS id", name, w.sum(t, all))
		w.rows = append(w.rows, name)
		w.reads = append(w.reads, "(SELECT count(*) FROM "+name+")")
	case 3:
		do("CREATE MATERIALIZED VIEW %s AS SELECT (%s)::bigint AS id", name, w.sum(t, all))
		w.rows = append(w.rows, name)
		w.reads = append(w.reads, "(SELECT count(*) FROM "+name+")")
	case 4:
		from := all
		if rapid.Bool().Draw(t, "early") {
			from = w.early
			w.early = append(w.early, name+"()")
		}
		do("CREATE FUNCTION %s() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT (%s)::bigint; END", name, w.sum(t, from))
		w.calls = append(w.calls, name+"()")
	case 5:
		do("CREATE FUNCTION %s(x %s DEFAULT NULL) RETURNS bigint LANGUAGE sql AS 'SELECT 1::bigint'", name, w.pick(t, append(append([]string{}, w.rows...), w.domains...), "bigint"))
		w.calls = append(w.calls, name+"()")
	case 6:
		do("CREATE DOMAIN %s AS %s DEFAULT 5 CHECK (VALUE IS NULL OR VALUE > -%s)", name, w.pick(t, w.domains, "bigint"), w.pick(t, w.early, "1"))
		w.domains = append(w.domains, name)
	}
}

// TestAnyOrderCanBeFound carries random webs of tables, views, functions and domains in two schemas. The names are such
// that their order says nothing.
func TestAnyOrderCanBeFound(t *testing.T) {
	forEachVersion(t, func(t *testing.T, c *pgx.Conn) {
		rapid.Check(t, func(rt *rapid.T) {
			w := &web{}
			for i, letter := range rapid.Permutation(strings.Split("abcdefghijkl", "")).Draw(rt, "letters") {
				w.add(rt, fmt.Sprintf("%s.%s%d", rapid.SampledFrom([]string{"one", "two"}).Draw(rt, "schema"), letter, i))
			}
			empty(t, c)
			run(t, c, "SET search_path = ''; SET check_function_bodies = off; CREATE SCHEMA one; CREATE SCHEMA two;"+strings.Join(w.sql, ";"))
			source := inspectAll(t, c)
			empty(t, c)
			write(t, c, source, false)
			require.Equal(rt, settle(source, 18), settle(inspectAll(t, c), 18), strings.Join(w.sql, ";\n"))
		})
	})
}

func empty(t *testing.T, c *pgx.Conn) {
	t.Helper()
	run(t, c, "SET client_min_messages = warning; DROP SCHEMA IF EXISTS one CASCADE; DROP SCHEMA IF EXISTS two CASCADE")
}
