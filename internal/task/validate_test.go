package task_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/task"
	"github.com/whimbreldb/whimbrel/internal/validate"
)

// compareEnds validates a migration, and repairs it if that is asked for.
func compareEnds(t require.TestingT, c task.Config, repair bool) *task.Validation {
	ctx := context.Background()
	m, err := task.Open(ctx, c)
	require.NoError(t, err)
	defer func() { _ = m.Close() }()
	v, err := m.Validate(ctx, &validate.Stats{}, repair)
	require.NoError(t, err)
	return v
}

// After a load of every type with every value of the type matrix, validation finds the rows that were rejected and no other.
func TestValidationOfTypeMatrix(t *testing.T) {
	rows := readMatrix(t)
	for _, from := range engines {
		for _, to := range engines {
			t.Run(from+" to "+to, func(t *testing.T) {
				t.Parallel()
				source, target := newEnd(t, from), newEnd(t, to)
				var mine []matrixRow
				for _, r := range rows {
					if r.from == source.family {
						mine = append(mine, r)
					}
				}
				fillMatrix(t, source, mine)
				migrate(t, source, target)
				results := map[string]*validate.Result{}
				for _, r := range compareEnds(t, config(source, target), false).Tables {
					results[r.Source.Name] = r
				}
				for i, r := range mine {
					about := fmt.Sprintf("%s %s (table %s)", r.nativeType, r.value, matrixTable(i))
					got := results[matrixTable(i)]
					if !assert.NotNil(t, got, about) {
						continue
					}
					rejected := source.family != target.family && strings.TrimSpace(r.want[target.family]) == "rejected"
					if rejected {
						assert.Equal(t, validate.Mismatched, got.State, "%s %s", about, got.Reason)
						assert.EqualValues(t, 1, got.MissingTarget, about)
						assert.EqualValues(t, 1, got.Failed, about)
						continue
					}
					assert.Equal(t, validate.Validated, got.State, "%s: %s %+v", about, got.Reason, got.Failures)
					assert.Zero(t, got.Looked, "%s: equal values are not written alike (%s)", about, got.Method)
				}
				if from != "postgresql-15" && to != "postgresql-15" {
					plantMatrix(t, source, target, mine)
				}
			})
		}
	}
}

// Whatever is changed behind validation's back, it finds just that, over every pair; and a repair makes it good.
func TestValidationFindsWhatIsPlanted(t *testing.T) {
	few(t, fewChecks)
	same(t, "20261125")
	everyPair(t, checkPlanted)
}

func checkPlanted(t *rapid.T, source, target *end) {
	tables := drawSchema(t, source.family)
	for i := range tables {
		must(t, source, tables[i].create(source)...)
	}
	c := config(source, target)
	report, err := run(context.Background(), c)
	require.NoError(t, err)
	names := map[string]catalog.Name{}
	for _, n := range report.Tables {
		names[n.Source.Name] = n.Target
	}
	c.Settings.ValidationSettings.PartitionSize = rapid.SampledFrom([]int{1, 3, 10000}).Draw(t, "partition size")
	for i := range tables {
		plant(t, source, target, &tables[i], names[tables[i].name])
	}
	v := compareEnds(t, c, false)
	for i := range tables {
		want := expected(t, source, target, &tables[i], names[tables[i].name])
		got := resultOf(t, v, tables[i].name)
		require.Equal(t, want, tally{got.Different, got.MissingSource, got.MissingTarget}, "table %q: %s %v", tables[i].name, got.Reason, got.Failures)
	}
	v = compareEnds(t, c, true)
	for i := range tables {
		got, refused := resultOf(t, v, tables[i].name), int64(0)
		for _, f := range got.Failures {
			if f.Why != "" {
				refused++
			}
		}
		refused += int64(len(v.Repaired[got.Source].Refused))
		require.Equal(t, refused, got.Failed, "table %q: %s %v %v", tables[i].name, got.Reason, got.Failures, v.Repaired[got.Source])
		if source.family == target.family {
			require.Zero(t, got.Failed)
			require.Equal(t, tally{}, expected(t, source, target, &tables[i], names[tables[i].name]))
		}
	}
}

func resultOf(t require.TestingT, v *task.Validation, table string) *validate.Result {
	for _, r := range v.Tables {
		if r.Source.Name == table {
			return r
		}
	}
	require.Fail(t, "the table was not compared", table)
	return nil
}

// plant changes rows on one of the sides.
func plant(t *rapid.T, source, target *end, a *anyTable, name catalog.Name) {
	there := target.quote(name.Name)
	if target.family == catalog.PostgreSQL {
		there = target.quote(name.Schema) + "." + there
	}
	here := source.quote(a.name)
	columns := columnsOf(t, target, there)
	number := target.quote(columns[0])
	pick := func() string { return rapid.SampledFrom(a.rows).Draw(t, "row")[0].sql }
	for range rapid.IntRange(0, 3).Draw(t, "plants") {
		if len(a.rows) == 0 {
			return
		}
		switch rapid.SampledFrom([]string{"change", "change", "copy", "delete here", "delete there", "insert", "double"}).Draw(t, "plant") {
		case "change":
			j := rapid.IntRange(0, len(a.columns)-1).Draw(t, "column")
			if j == 0 || len(a.key) > 1 && j == a.key[1] {
				continue
			}
			value := a.columns[j].kind.values.Draw(t, "value")
			if source.family == catalog.SQLite && len(value.hard) > 0 {
				continue // a value that cannot be read is another test's
			}
			must(t, source, fmt.Sprintf("UPDATE %s SET %s = %s WHERE %s = %s", here, source.quote(a.columns[j].name), value.sql, source.quote(a.columns[0].name), pick()))
		case "copy":
			j := rapid.IntRange(0, len(a.columns)-1).Draw(t, "column")
			if j == 0 || len(a.key) > 1 && j == a.key[1] {
				continue
			}
			c := target.quote(columns[j])
			sub := fmt.Sprintf("SELECT MAX(v) FROM (SELECT %s AS v FROM %s WHERE %s = %s) q", c, there, number, pick())
			if target.family == catalog.PostgreSQL {
				sub = fmt.Sprintf("SELECT %s FROM %s WHERE %s = %s LIMIT 1", c, there, number, pick())
			}
			_, _ = target.db.ExecContext(context.Background(), fmt.Sprintf("UPDATE %s SET %s = (%s) WHERE %s = %s", there, c, sub, number, pick())) // NOT NULL may forbid it
		case "delete here":
			must(t, source, fmt.Sprintf("DELETE FROM %s WHERE %s = %s", here, source.quote(a.columns[0].name), pick()))
		case "delete there":
			must(t, target, fmt.Sprintf("DELETE FROM %s WHERE %s = %s", there, number, pick()))
		case "insert":
			row := rapid.SampledFrom(a.rows).Draw(t, "row")
			values := []string{"1000003"}
			for _, v := range row[1:] {
				values = append(values, v.sql)
			}
			_, _ = source.db.ExecContext(context.Background(), "INSERT INTO "+here+" VALUES ("+strings.Join(values, ", ")+")") // a key may be there
		case "double":
			if len(a.key) == 0 {
				must(t, target, fmt.Sprintf("INSERT INTO %s SELECT * FROM %s WHERE %s = %s", there, there, number, pick()))
			}
		}
	}
}

type tally struct{ different, missingSource, missingTarget int64 }

// expected compares what both engines print.
func expected(t *rapid.T, source, target *end, a *anyTable, name catalog.Name) (out tally) {
	there := target.quote(name.Name)
	if target.family == catalog.PostgreSQL {
		there = target.quote(name.Schema) + "." + there
	}
	like := source.family == target.family
	before := printedRows(t, source, a, source.quote(a.name), like)
	after := printedRows(t, target, a, there, like)
	sides := [2]map[string][]string{{}, {}}
	for side, rows := range [][]string{before, after} {
		for _, row := range rows {
			id := row
			if len(a.key) > 0 {
				id = strings.Join(strings.SplitAfterN(row, "|", len(a.key)+1)[:len(a.key)], "")
			}
			sides[side][id] = append(sides[side][id], row)
		}
	}
	for id, rows := range sides[0] {
		others := sides[1][id]
		n := int64(len(rows) - len(others))
		switch {
		case n > 0:
			out.missingTarget += n
		case n < 0:
			out.missingSource -= n
		case rows[0] != others[0]:
			out.different++
		}
	}
	for id, rows := range sides[1] {
		if sides[0][id] == nil {
			out.missingSource += int64(len(rows))
		}
	}
	return out
}
