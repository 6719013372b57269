package task_test

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/validate"
)

// formRows is how many values of each kind are looked at.
const formRows = 24

// TestEnginesWriteValuesAlike holds the forms of digests, for each type by itself: what the source's database computes of a random value is what the target's
// computes of it as it was loaded, so that no row is read, in buckets of one row; and another value, one that hardly differs or that of the next row, gives
// another. WHIMBREL_VALIDATION_SEED has a run again.
func TestEnginesWriteValuesAlike(t *testing.T) {
	seed := numberFrom(t, "WHIMBREL_VALIDATION_SEED", int(time.Now().UnixNano()%1_000_000_000))
	t.Logf("again with WHIMBREL_VALIDATION_SEED=%d", seed)
	for i, pair := range [][2]string{{"postgresql-18", "mariadb"}, {"mariadb", "postgresql-15"}, {"postgresql-15", "postgresql-18"}, {"mysql", "mysql"}} {
		t.Run(pair[0]+" to "+pair[1], func(t *testing.T) {
			t.Parallel()
			g := &gardener{T: t, rand: rand.New(rand.NewPCG(uint64(seed), uint64(i))), source: newEnd(t, pair[0]), target: newEnd(t, pair[1])} //nolint:gosec // a test's
			g.isMySQL = pair[0] == "mysql"
			g.loadForms()
			g.requireForms(func(int, int) bool { return false })
			for n := range g.kinds {
				g.exec("CREATE TABLE %[1]s_was AS SELECT * FROM %[1]s", n)
			}
			before := g.prints()
			for n := range g.kinds { // each row has the next one's value
				g.exec(fmt.Sprintf("UPDATE %%[1]s SET c = (SELECT w.c FROM %%[1]s_was w WHERE w.id = %%[1]s.id %%%% %d + 1)", formRows), n)
			}
			g.requireChanged(before)
			for n, k := range g.kinds { // each has one near its own
				g.exec("UPDATE %[1]s SET c = (SELECT w.c FROM %[1]s_was w WHERE w.id = %[1]s.id)", n)
				for id := 1; id <= formRows; id++ {
					near := g.nearly(g.target, g.there(formTable(n)), k, "c", strconv.Itoa(id))
					_, _ = g.target.db.ExecContext(t.Context(), fmt.Sprintf("UPDATE %s SET c = %s WHERE id = %d", g.there(formTable(n)), near[g.rand.IntN(len(near))], id)) // it may be refused
				}
			}
			g.requireChanged(before)
		})
	}
}

func formTable(n int) string { return fmt.Sprintf("form_%02d", n) }

// exec runs a statement on the target's table of a kind.
func (g *gardener) exec(statement string, n int) {
	g.Helper()
	g.target.exec(g, fmt.Sprintf(statement, g.there(formTable(n))))
}

// loadForms makes a table of each kind, and moves it.
func (g *gardener) loadForms() {
	g.Helper()
	for _, k := range anyKinds[g.source.family] {
		if g.isMySQL && (k.native == "uuid" || k.native == "inet6") {
			continue
		}
		null := ""
		if strings.HasPrefix(k.native, "timestamp(") {
			null = " NULL DEFAULT NULL"
		}
		var rows []string
		for id := 1; id <= formRows; id++ {
			v := k.values.Example(g.rand.IntN(1 << 30))
			for v.hardFor(g.target.family) {
				v = k.values.Example(g.rand.IntN(1 << 30))
			}
			rows = append(rows, fmt.Sprintf("(%d, %s)", id, v.sql))
		}
		table := formTable(len(g.kinds))
		g.source.exec(g, fmt.Sprintf("CREATE TABLE %s (id int NOT NULL PRIMARY KEY, c %s%s)", table, k.native, null), "INSERT INTO "+table+" VALUES "+strings.Join(rows, ", "))
		g.kinds = append(g.kinds, k)
	}
	g.config = config(g.source, g.target)
	migrate(g, g.source, g.target)
	g.config.Settings.ValidationSettings.PartitionSize = 1
}

// prints are the values of all tables of the target, by kind and row.
func (g *gardener) prints() (out [][]string) {
	g.Helper()
	for n, k := range g.kinds {
		var spelled []string
		for _, text := range g.target.column(g, "SELECT "+expression(g.target, "c", k, false)+" FROM "+g.there(formTable(n))+" ORDER BY id") {
			if text != "NULL" && strings.HasPrefix(k.native, "json") {
				text = strings.TrimSpace(text)
			}
			spelled = append(spelled, canonical(text, k.form))
		}
		require.Len(g, spelled, formRows, k.native)
		out = append(out, spelled)
	}
	return out
}

// requireChanged requires that those rows are found to differ, and no other, whose values have changed.
func (g *gardener) requireChanged(before [][]string) {
	g.Helper()
	after := g.prints()
	g.requireForms(func(n, i int) bool { return before[n][i] != after[n][i] })
}

// requireForms requires of all kinds that exactly some rows differ, and, when none does, that no row had to be read to know that.
func (g *gardener) requireForms(differs func(n, i int) bool) {
	g.Helper()
	v := compareEnds(g, g.config, false)
	pushed := 0
	for n, k := range g.kinds {
		r := resultOf(g, v, formTable(n))
		want := []string{}
		for i := range formRows {
			if differs(n, i) {
				want = append(want, strconv.Itoa(i+1))
			}
		}
		got := []string{}
		for _, f := range r.Failures {
			require.Equal(g, validate.RecordDiff, f.Kind)
			got = append(got, f.Key[0])
		}
		require.Equal(g, want, got, "%s (%s): %s %v", k.native, r.Method, r.Reason, r.Failures)
		if strings.HasPrefix(r.Method, "digests") && strings.HasSuffix(r.Method, "both databases") {
			pushed++
			if len(want) == 0 {
				require.Zero(g, r.Looked, "%s is not written alike (%s)", k.native, r.Method)
			}
		}
	}
	require.GreaterOrEqual(g, pushed, len(g.kinds)*2/3, "most types have a form")
	if g.source.family == g.target.family {
		require.Equal(g, len(g.kinds), pushed)
	}
}
