package task_test

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/task"
	"github.com/whimbreldb/whimbrel/internal/validate"
)

// TestValidationFindsExactlyWhatIsPlanted plants the smallest differences of every type into rows of tables with all sorts of keys, on
// either side, and requires that validation finds those and nothing else, and that a repair undoes them. Each run plants others: it says
// its seed, and WHIMBREL_VALIDATION_SEED has it again. WHIMBREL_VALIDATION_ROUNDS makes it longer.
func TestValidationFindsExactlyWhatIsPlanted(t *testing.T) {
	seed, rounds := numberFrom(t, "WHIMBREL_VALIDATION_SEED", int(time.Now().UnixNano()%1_000_000_000)), numberFrom(t, "WHIMBREL_VALIDATION_ROUNDS", 1)
	t.Logf("again with WHIMBREL_VALIDATION_SEED=%d WHIMBREL_VALIDATION_ROUNDS=%d", seed, rounds)
	ends := []string{"postgresql-18", "mariadb", "sqlite"}
	if rounds > 1 {
		ends = append(ends, "postgresql-15", "mysql")
	}
	for i, from := range ends {
		for j, to := range ends {
			t.Run(from+" to "+to, func(t *testing.T) {
				t.Parallel()
				g := &gardener{T: t, rand: rand.New(rand.NewPCG(uint64(seed), uint64(100*i+j))), source: newEnd(t, from), target: newEnd(t, to)} //nolint:gosec // a test's
				g.isMySQL = from == "mysql"
				for range rounds {
					g.load()
					for range 3 {
						if !g.season() {
							break
						}
					}
				}
			})
		}
	}
}

func numberFrom(t *testing.T, name string, otherwise int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	require.NoError(t, err, name)
	return n
}

// gardener plants differences.
type gardener struct {
	*testing.T
	rand           *rand.Rand
	source, target *end
	isMySQL        bool
	kinds          []anyKind
	config         task.Config
}

// bed is a table with its key. All have the same columns.
type bed struct {
	name string
	key  []int // of the columns
}

var beds = []bed{
	{"by_number", []int{0}}, {"by_text", []int{1}}, {"by_folded", []int{1}}, {"by_both", []int{0, 1}}, {"by_moment", []int{2}}, {"by_decimal", []int{3}}, {"by_none", nil},
}

const bedRows = 40

// keyColumns are before those of all types: what keys are made of, and a number that is unique.
var keyColumns = []string{"id", "k", "m", "d", "u"}

var keyForms = []form{number, exactText, moment, number, number}

func (g *gardener) load() {
	g.Helper()
	g.kinds = nil
	for _, k := range anyKinds[g.source.family] {
		if g.isMySQL && (k.native == "uuid" || k.native == "inet6") {
			continue
		}
		g.kinds = append(g.kinds, k)
	}
	instant := map[catalog.Family]string{catalog.PostgreSQL: "timestamp", catalog.MySQL: "datetime(6)", catalog.SQLite: "DATETIME"}[g.source.family]
	for _, b := range beds {
		folded := map[catalog.Family]string{catalog.MySQL: " CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"}[g.source.family]
		if b.name == "by_folded" {
			folded = map[catalog.Family]string{catalog.MySQL: " CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci", catalog.SQLite: " COLLATE NOCASE"}[g.source.family]
		}
		columns := []string{"id bigint NOT NULL", "k varchar(40)" + folded + " NOT NULL", "m " + instant + " NOT NULL", "d decimal(12,2) NOT NULL", "u bigint UNIQUE"}
		if len(b.key) == 0 { // no column without nulls may be unique by chance
			columns = []string{"id bigint", "k varchar(40)" + folded, "m " + instant, "d decimal(12,2)", "u bigint"}
		}
		for i, k := range g.kinds {
			null := ""
			if strings.HasPrefix(k.native, "timestamp(") {
				null = " NULL DEFAULT NULL"
			}
			columns = append(columns, fmt.Sprintf("c%d %s%s", i, k.native, null))
		}
		if len(b.key) > 0 {
			var key []string
			for _, i := range b.key {
				key = append(key, keyColumns[i])
			}
			columns = append(columns, "PRIMARY KEY ("+strings.Join(key, ", ")+")")
		}
		g.source.exec(g, "DROP TABLE IF EXISTS "+b.name, fmt.Sprintf("CREATE TABLE %s (%s)", b.name, strings.Join(columns, ", ")))
		var rows []string
		for i := range bedRows {
			rows = append(rows, g.drawRow(i))
		}
		g.source.exec(g, "INSERT INTO "+b.name+" VALUES "+strings.Join(rows, ", "))
		g.target.exec(g, "DROP TABLE IF EXISTS "+g.there(b.name))
		if g.target.family == catalog.SQLite {
			g.target.exec(g, "VACUUM")
		}
	}
	g.config = config(g.source, g.target)
	g.config.Settings.FullLoadSettings.TargetTablePrepMode = "DROP_AND_CREATE"
	report, err := run(context.Background(), g.config)
	require.NoError(g, err)
	for _, table := range report.Tables {
		require.NoError(g, table.Err, table.Source)
	}
	g.fold()
}

// drawRow is a row of values that every engine has; a kind in ten is null.
func (g *gardener) drawRow(i int) string {
	id := (i - bedRows/2) * []int{1, 7, 1_000_003}[i%3]
	values := []string{strconv.Itoa(id*100 + i), fmt.Sprintf("'key %c%d'", "aé~z"[0]+byte(i%20), i), fmt.Sprintf("'2020-01-%02d 10:%02d:00.%06d'", i%28+1, i, i*997),
		fmt.Sprintf("%d.%02d", i-20, i), strconv.Itoa(i + 1)}
	for _, k := range g.kinds {
		v := literal{sql: "NULL"}
		if g.rand.IntN(10) > 0 {
			for v = k.values.Example(g.rand.IntN(1 << 30)); v.hardFor(g.target.family) || g.source.family == catalog.SQLite && len(v.hard) > 0; {
				v = k.values.Example(g.rand.IntN(1 << 30))
			}
		}
		values = append(values, v.sql)
	}
	return "(" + strings.Join(values, ", ") + ")"
}

var keyOfSQLite = regexp.MustCompile(`("k"|\bk) ([A-Za-z]+(\(\d+\))?)`)

// fold has a key of the target ignore case.
func (g *gardener) fold() {
	g.Helper()
	there := g.there("by_folded")
	switch g.target.family {
	case catalog.PostgreSQL:
		g.target.exec(g, "CREATE COLLATION IF NOT EXISTS public.folded (provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
			"ALTER TABLE "+there+" ALTER COLUMN k TYPE varchar(40) COLLATE public.folded")
	case catalog.MySQL:
		g.target.exec(g, "ALTER TABLE "+there+" MODIFY k varchar(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci NOT NULL")
	default:
		create := g.target.column(g, "SELECT sql FROM sqlite_schema WHERE name = 'by_folded'")[0]
		if !strings.Contains(create, "NOCASE") {
			folded := keyOfSQLite.ReplaceAllString(create, "$0 COLLATE NOCASE")
			require.NotEqual(g, create, folded)
			g.target.exec(g, "CREATE TABLE moved AS SELECT * FROM by_folded", "DROP TABLE by_folded", folded, "INSERT INTO by_folded SELECT * FROM moved", "DROP TABLE moved")
		}
	}
}

func (g *gardener) there(table string) string { return qualified(g.source, g.target, table) }

// season plants, validates, and repairs; false says that the target cannot be what the source is.
func (g *gardener) season() bool {
	g.Helper()
	for _, r := range compareEnds(g, g.config, false).Tables {
		require.Equal(g, validate.Validated, r.State, "%s: %s %v", r.Source, r.Reason, r.Failures)
	}
	side, table := g.target, g.there
	if g.rand.IntN(3) == 0 {
		side, table = g.source, func(name string) string { return name }
	}
	g.config.Settings.ValidationSettings.PartitionSize = []int{1, 3, 7, 10000}[g.rand.IntN(4)]
	want, story := map[string]map[string]int{}, map[string][]string{}
	for _, b := range beds {
		before := g.print(side, table(b.name), b)
		for range g.rand.IntN(6) {
			story[b.name] = append(story[b.name], g.plant(side, table(b.name), b)...)
		}
		want[b.name] = contrast(before, g.print(side, table(b.name), b), side == g.source)
	}
	v := compareEnds(g, g.config, false)
	for _, b := range beds {
		r := resultOf(g, v, b.name)
		got := map[string]int{}
		for _, f := range r.Failures {
			key := ""
			if len(b.key) > 0 && slices.Max(b.key) < 2 {
				key = fmt.Sprint(f.Key)
			}
			got[string(f.Kind)+key]++
		}
		expected := map[string]int{}
		for id, n := range want[b.name] {
			kind, key, _ := strings.Cut(id, "|")
			if len(b.key) == 0 || slices.Max(b.key) > 1 {
				key = ""
			}
			expected[kind+key] += n
		}
		require.Equal(g, expected, got, "%s (%s): %s %v\n%s", b.name, r.Method, r.Reason, r.Failures, strings.Join(story[b.name], "\n"))
	}
	return g.mend(side, story)
}

// mend repairs, and requires that only what the target refuses still differs.
func (g *gardener) mend(side *end, story map[string][]string) bool {
	g.Helper()
	v := compareEnds(g, g.config, true)
	whole := true
	for _, b := range beds {
		r := resultOf(g, v, b.name)
		refused := v.Repaired[r.Source].Refused
		about := fmt.Sprintf("%s: %s %v %v\n%s", b.name, r.Reason, r.Failures, refused, strings.Join(story[b.name], "\n"))
		if side == g.target {
			require.Equal(g, validate.Validated, r.State, about)
		}
		require.LessOrEqual(g, int(r.Failed), len(refused), about)
		whole = whole && r.State == validate.Validated
	}
	return whole
}

// print is what a side holds: how many rows there are of each text, by key.
func (g *gardener) print(side *end, table string, b bed) map[string]map[string]int {
	g.Helper()
	var columns []string
	forms := slices.Clone(keyForms)
	for _, c := range keyColumns {
		columns = append(columns, expression(side, c, anyKind{form: exactText}, false))
	}
	for i, k := range g.kinds {
		columns = append(columns, expression(side, fmt.Sprintf("c%d", i), k, false))
		forms = append(forms, k.form)
	}
	rows, err := side.db.QueryContext(context.Background(), "SELECT "+strings.Join(columns, ", ")+" FROM "+table)
	require.NoError(g, err)
	defer func() { _ = rows.Close() }()
	out := map[string]map[string]int{}
	values, into := make([]sql.NullString, len(columns)), make([]any, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	for rows.Next() {
		require.NoError(g, rows.Scan(into...))
		text, key := "", []string{}
		for i, v := range values {
			text += g.spelled(i, v, forms[i]) + "|"
		}
		for _, i := range b.key {
			key = append(key, values[i].String)
		}
		id := fmt.Sprint(key)
		if len(b.key) == 0 {
			id = text
		}
		if out[id] == nil {
			out[id] = map[string]int{}
		}
		out[id][text]++
	}
	require.NoError(g, rows.Err())
	return out
}

// spelled is one text of all spellings of a value of a column.
func (g *gardener) spelled(i int, v sql.NullString, f form) string {
	if !v.Valid {
		return "NULL"
	}
	exact := g.source.family == catalog.SQLite && g.target.family == catalog.SQLite // what is stored is compared, not what it means
	if i >= len(keyColumns) && !exact && strings.HasPrefix(strings.ToLower(g.kinds[i-len(keyColumns)].native), "json") {
		return strconv.Quote(strings.TrimSpace(v.String))
	}
	return strconv.Quote(canonical(v.String, f))
}

// contrast tells what differs between a table before and after, by kind and key.
func contrast(before, after map[string]map[string]int, inSource bool) map[string]int {
	more, fewer := string(validate.MissingSource), string(validate.MissingTarget)
	if inSource {
		more, fewer = fewer, more
	}
	out := map[string]int{}
	for id := range union(before, after) {
		n := count(after[id]) - count(before[id])
		switch {
		case n > 0:
			out[more+"|"+id] = n
		case n < 0:
			out[fewer+"|"+id] = -n
		case !maps.Equal(before[id], after[id]):
			out[string(validate.RecordDiff)+"|"+id] = 1
		}
	}
	return out
}

func union(a, b map[string]map[string]int) map[string]bool {
	out := map[string]bool{}
	for id := range a {
		out[id] = true
	}
	for id := range b {
		out[id] = true
	}
	return out
}

func count(rows map[string]int) (n int) {
	for _, m := range rows {
		n += m
	}
	return n
}
