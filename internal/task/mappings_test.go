package task_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/mapping"
	"github.com/whimbreldb/whimbrel/internal/settings"
	"github.com/whimbreldb/whimbrel/internal/task"
)

// mappedPairs are the pairs on which rules are tried.
var mappedPairs = []struct{ from, to string }{
	{"postgresql-18", "postgresql-15"}, {"mariadb", "postgresql-18"}, {"sqlite", "mariadb"}, {"postgresql-15", "sqlite"}, {"mariadb", "sqlite"}, {"sqlite", "sqlite"},
	{"mariadb", "mariadb"},
}

// people is the table that rules change.
func people(f catalog.Family) []string {
	create := map[catalog.Family]string{
		catalog.PostgreSQL: "CREATE TABLE people (id int PRIMARY KEY, first varchar(40), born date, score numeric(10,2), card varchar(40), notes text, photo bytea)",
		catalog.MySQL:      "CREATE TABLE people (id int PRIMARY KEY, first varchar(40), born date, score decimal(10,2), card varchar(40), notes longtext, photo longblob)",
		catalog.SQLite:     "CREATE TABLE people (id INTEGER PRIMARY KEY, first varchar(40), born DATE, score DECIMAL(10,2), card varchar(40), notes TEXT, photo BLOB)",
	}[f]
	return []string{
		create,
		"INSERT INTO people (id, first, born, score, card, notes) VALUES (1, 'Ann', '1990-05-01', 10.50, '4111-1111', 'short')",
		"INSERT INTO people (id, first, born, score, card, notes) VALUES (2, 'Bob', '2000-01-31', -3.25, '4222-0000', 'a longer note')",
		"INSERT INTO people (id, first, born, score, card, notes) VALUES (3, 'Çelik', NULL, NULL, NULL, NULL)",
		"INSERT INTO people (id, first, born, score, card, notes) VALUES (4, NULL, '1990-05-02', 10.75, '', '')",
	}
}

// sourceSchema is the schema of a source's tables as rules name it.
func (e *end) sourceSchema() string {
	switch e.family {
	case catalog.PostgreSQL:
		return "public"
	case catalog.MySQL:
		return e.database()
	default:
		return "main"
	}
}

// rule writes rules: S stands for the source's schema, and every rule gets an id and a name.
func rules(t *testing.T, source *end, all ...string) *mapping.Rules {
	t.Helper()
	for i, r := range all {
		kind := "transformation"
		switch {
		case strings.Contains(r, `"parallel-load"`) || strings.Contains(r, `"lob-settings"`):
			kind = "table-settings"
		case strings.Contains(r, `"include"`) || strings.Contains(r, `"exclude"`) || strings.Contains(r, `"explicit"`):
			kind = "selection"
		}
		all[i] = fmt.Sprintf(`{"rule-type":%q,"rule-id":%d,"rule-name":"r%d",%s}`, kind, i+1, i+1, strings.ReplaceAll(r, "$S", source.sourceSchema()))
	}
	parsed, err := mapping.Parse([]byte(`{"rules":[` + strings.Join(all, ",") + `]}`))
	require.NoError(t, err)
	return parsed
}

const includeAll = `"rule-action":"include","object-locator":{"schema-name":"$S","table-name":"%","table-type":"all"}`

// column writes a rule about a column of people.
func columnRule(column, action, rest string) string {
	if rest != "" {
		rest = "," + rest
	}
	return fmt.Sprintf(`"rule-action":%q,"rule-target":"column","object-locator":{"schema-name":"$S","table-name":"people","column-name":%q}%s`, action, column, rest)
}

func migrateMapped(t *testing.T, source, target *end, r *mapping.Rules) *task.Report {
	t.Helper()
	c := config(source, target)
	c.Mappings = r
	report, err := run(context.Background(), c)
	require.NoError(t, err)
	for _, table := range report.Tables {
		require.NoError(t, table.Err, table.Source)
	}
	require.Empty(t, report.Failed)
	return report
}

func onMappedPairs(t *testing.T, test func(t *testing.T, source, target *end)) {
	t.Helper()
	for _, p := range mappedPairs {
		t.Run(p.from+" to "+p.to, func(t *testing.T) {
			t.Parallel()
			source, target := newEnd(t, p.from), newEnd(t, p.to)
			source.exec(t, people(source.family)...)
			test(t, source, target)
		})
	}
}

func TestTransformationsOfColumns(t *testing.T) {
	onMappedPairs(t, func(t *testing.T, source, target *end) {
		report := migrateMapped(t, source, target, rules(t, source, includeAll,
			columnRule("first", "rename", `"value":"given"`),
			columnRule("born", "convert-uppercase", ""),
			columnRule("photo", "remove-column", ""),
			columnRule("id", "add-prefix", `"value":"p_"`),
			columnRule("notes", "add-suffix", `"value":"_text"`),
			columnRule("score", "change-data-type", `"data-type":{"type":"numeric","precision":20,"scale":4}`),
			columnRule("card", "data-masking-digits-mask", `"value":"#"`),
			`"rule-action":"add-column","rule-target":"column","object-locator":{"schema-name":"$S","table-name":"people"},"value":"greeting","expression":"'Hi ' || coalesce($first, 'you') || ' from ' || $AR_M_SOURCE_TABLE_NAME","data-type":{"type":"string","length":100}`,
			`"rule-action":"add-column","rule-target":"column","object-locator":{"schema-name":"$S","table-name":"people"},"value":"twice","expression":"$id * 2","data-type":{"type":"int8"}`,
			`"rule-action":"rename","rule-target":"table","object-locator":{"schema-name":"$S","table-name":"people"},"value":"Person"`,
			`"rule-action":"rename","rule-target":"table","object-locator":{"schema-name":"$S","table-name":"nobody"},"value":"None"`,
		))
		require.Len(t, report.Unmatched, 1)
		require.Contains(t, report.Unmatched[0], "nobody")
		q := target.quote
		table := qualified(source, target, q("Person"))
		text := func(column string) []string {
			e := "CAST(" + q(column) + " AS CHAR(100))"
			if target.family != catalog.MySQL {
				e = "CAST(" + q(column) + " AS TEXT)"
			}
			return target.column(t, "SELECT "+e+" FROM "+table+" ORDER BY "+q("p_id"))
		}
		require.Equal(t, []string{"1", "2", "3", "4"}, text("p_id"))
		require.Equal(t, []string{"Ann", "Bob", "Çelik", "NULL"}, text("given"))
		require.Equal(t, []string{"1990-05-01", "2000-01-31", "NULL", "1990-05-02"}, text("BORN"))
		require.Equal(t, []string{"####-####", "####-####", "NULL", ""}, text("card"))
		require.Equal(t, []string{"short", "a longer note", "NULL", ""}, text("notes_text"))
		require.Equal(t, []string{"Hi Ann from people", "Hi Bob from people", "Hi Çelik from people", "Hi you from people"}, text("greeting"))
		require.Equal(t, []string{"2", "4", "6", "8"}, text("twice"))
		for i, want := range []string{"10.5", "-3.25", "NULL", "10.75"} {
			require.Equal(t, want, strings.TrimRight(text("score")[i], "0"))
		}
	})
}

func TestIncludeColumnHashMaskAndKey(t *testing.T) {
	onMappedPairs(t, func(t *testing.T, source, target *end) {
		source.exec(t, "CREATE TABLE visits (site int, seen int, who varchar(20))", "INSERT INTO visits VALUES (1, 1, 'x'), (1, 2, 'y')")
		migrateMapped(t, source, target, rules(t, source, includeAll,
			columnRule("id", "include-column", ""),
			columnRule("card", "include-column", ""),
			columnRule("card", "change-data-type", `"data-type":{"type":"string","length":64}`),
			columnRule("card", "data-masking-hash-mask", ""),
			`"rule-action":"define-primary-key","rule-target":"table","object-locator":{"schema-name":"$S","table-name":"visits"},"primary-key-def":{"name":"visits_pk","origin":"primary-key","columns":["site","seen"]}`,
		))
		table := qualified(source, target, "people")
		hashes := target.column(t, "SELECT card FROM "+table+" ORDER BY id")
		require.Equal(t, fmt.Sprintf("%X", sha256.Sum256([]byte("4111-1111"))), hashes[0])
		require.Equal(t, fmt.Sprintf("%X", sha256.Sum256([]byte("4222-0000"))), hashes[1])
		require.Equal(t, "NULL", hashes[2])
		_, err := target.db.ExecContext(context.Background(), "SELECT score FROM "+table)
		require.Error(t, err, "a column that include-column did not name")
		_, err = target.db.ExecContext(context.Background(), "INSERT INTO "+qualified(source, target, "visits")+" VALUES (1, 2, 'z')")
		require.Error(t, err, "the defined key must hold")
	})
}

func TestFiltersOfEveryOperator(t *testing.T) {
	cases := map[string]struct {
		column, conditions string
		want               []string
	}{
		"eq":           {"id", `{"filter-operator":"eq","value":"2"}`, []string{"2"}},
		"noteq":        {"first", `{"filter-operator":"noteq","value":"Ann"}`, []string{"2", "3"}},
		"gte":          {"born", `{"filter-operator":"gte","value":"1990-05-02"}`, []string{"2", "4"}},
		"lte":          {"score", `{"filter-operator":"lte","value":"10.50"}`, []string{"1", "2"}},
		"ste":          {"score", `{"filter-operator":"ste","value":"0"}`, []string{"2"}},
		"between":      {"id", `{"filter-operator":"between","start-value":"2","end-value":"3"}`, []string{"2", "3"}},
		"notbetween":   {"born", `{"filter-operator":"notbetween","start-value":"1990-01-01","end-value":"1990-12-31"}`, []string{"2"}},
		"null":         {"born", `{"filter-operator":"null"}`, []string{"3"}},
		"notnull":      {"first", `{"filter-operator":"notnull"}`, []string{"1", "2", "3"}},
		"any of two":   {"first", `{"filter-operator":"eq","value":"Çelik"},{"filter-operator":"null"}`, []string{"3", "4"}},
		"quote inside": {"first", `{"filter-operator":"noteq","value":"' OR 1=1 --\\"}`, []string{"1", "2", "3"}},
	}
	for _, p := range mappedPairs {
		t.Run(p.from+" to "+p.to, func(t *testing.T) {
			t.Parallel()
			source := newEnd(t, p.from)
			source.exec(t, people(source.family)...)
			for name, c := range cases {
				t.Run(name, func(t *testing.T) {
					target := newEnd(t, p.to)
					migrateMapped(t, source, target, rules(t, source, fmt.Sprintf(
						`"rule-action":"include","object-locator":{"schema-name":"$S","table-name":"people"},"filters":[{"filter-type":"source","column-name":%q,"filter-conditions":[%s]}]`,
						c.column, c.conditions)))
					require.Equal(t, c.want, target.column(t, "SELECT id FROM "+qualified(source, target, "people")+" ORDER BY id"))
				})
			}
		})
	}
}

func TestParallelLoadLosesNoRow(t *testing.T) {
	onMappedPairs(t, func(t *testing.T, source, target *end) {
		partitions := map[catalog.Family]string{catalog.MySQL: " PARTITION BY HASH (k) PARTITIONS 4"}[source.family]
		source.exec(t, "CREATE TABLE cut (n int, k int, v varchar(20))"+partitions, "CREATE TABLE parts (k int, v int)"+partitions)
		for i := range 40 {
			source.exec(t, fmt.Sprintf("INSERT INTO cut VALUES (%d, %d, 'v%d')", i-20, i%7, i), fmt.Sprintf("INSERT INTO parts VALUES (%d, %d)", i%7, i))
		}
		source.exec(t, "INSERT INTO cut VALUES (NULL, NULL, 'none')", "INSERT INTO cut VALUES (5, NULL, 'half')", "INSERT INTO cut VALUES (NULL, 3, 'other half')")
		more := []string{includeAll,
			`"object-locator":{"schema-name":"$S","table-name":"cut"},"parallel-load":{"type":"ranges","columns":["n","k"],"boundaries":[["-10","3"],["0","0"],["5","6"]]}`}
		switch source.family {
		case catalog.SQLite: // cuts by the row's number alone
			more[1] = `"object-locator":{"schema-name":"$S","table-name":"people"},"parallel-load":{"type":"ranges","columns":["id"],"boundaries":[["1"],["3"]]}`
		case catalog.MySQL:
			more = append(more, `"object-locator":{"schema-name":"$S","table-name":"parts"},"parallel-load":{"type":"partitions-auto"}`)
		}
		migrateMapped(t, source, target, rules(t, source, more...))
		require.Equal(t, source.column(t, "SELECT v FROM cut ORDER BY v"), target.column(t, "SELECT v FROM "+qualified(source, target, "cut")+" ORDER BY v"))
		require.Equal(t, source.column(t, "SELECT v FROM parts ORDER BY v"), target.column(t, "SELECT v FROM "+qualified(source, target, "parts")+" ORDER BY v"))
		require.Equal(t, []string{"1", "2", "3", "4"}, target.column(t, "SELECT id FROM "+qualified(source, target, "people")+" ORDER BY id"))
	})
}

func TestPartitionsList(t *testing.T) {
	for _, to := range []string{"postgresql-18", "sqlite", "mariadb"} {
		t.Run(to, func(t *testing.T) {
			t.Parallel()
			source, target := newEnd(t, "mariadb"), newEnd(t, to)
			source.exec(t, "CREATE TABLE parts (k int, v int) PARTITION BY LIST (k) (PARTITION one VALUES IN (1), PARTITION two VALUES IN (2), PARTITION rest VALUES IN (3, NULL))",
				"INSERT INTO parts VALUES (1, 10), (2, 20), (3, 30), (NULL, 40)")
			migrateMapped(t, source, target, rules(t, source, includeAll,
				`"object-locator":{"schema-name":"$S","table-name":"parts"},"parallel-load":{"type":"partitions-list","partitions":["one","two","rest"]}`))
			require.Equal(t, []string{"10", "20", "30", "40"}, target.column(t, "SELECT v FROM "+qualified(source, target, "parts")+" ORDER BY v"))
		})
	}
}

func TestViewsAndLOBSettings(t *testing.T) {
	onMappedPairs(t, func(t *testing.T, source, target *end) {
		source.exec(t, "UPDATE people SET notes = '"+strings.Repeat("x", 3000)+"' WHERE id = 1", "CREATE VIEW scored AS SELECT id, first, score FROM people WHERE score IS NOT NULL")
		r := rules(t, source, includeAll, `"object-locator":{"schema-name":"$S","table-name":"people"},"lob-settings":{"mode":"limited","bulk-max-size":"1"}`)
		report := migrateMapped(t, source, target, r)
		require.Equal(t, []string{"1", "2", "4"}, target.column(t, "SELECT id FROM "+qualified(source, target, "scored")+" ORDER BY id"))
		require.Equal(t, []string{"1024"}, target.column(t, "SELECT length(notes) FROM "+qualified(source, target, "people")+" WHERE id = 1"))
		changed := int64(0)
		for _, c := range report.Tables {
			changed += c.Changed
		}
		require.Equal(t, int64(1), changed, "the cut value is reported")
	})
}

func TestSupportLobsFalseLeavesThemBehind(t *testing.T) {
	onMappedPairs(t, func(t *testing.T, source, target *end) {
		c := config(source, target)
		s, err := settings.ParseOver(c.Settings, []byte(`{"TargetMetadata":{"SupportLobs":false,"FullLobMode":false}}`))
		require.NoError(t, err)
		c.Settings = s
		report, err := run(context.Background(), c)
		require.NoError(t, err)
		require.Len(t, report.LeftBehind, 2)
		require.Equal(t, []string{"4"}, target.column(t, "SELECT count(first) + 1 FROM "+qualified(source, target, "people")))
		for _, lob := range []string{"notes", "photo"} {
			_, err := target.db.ExecContext(context.Background(), "SELECT "+lob+" FROM "+qualified(source, target, "people"))
			require.Error(t, err, lob)
		}
	})
}
