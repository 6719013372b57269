package task_test

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// A few schemas for each pair keep the test short; -rapid.checks=1000 looks harder.
const fewChecks = "12"

// Any schema with any rows arrives: like engines print the same source and target; between unlike ones every row
// arrives with the same value in its canonical form, or is parked, and only a row with a value that may be refused is.
func TestAnySchemaArrives(t *testing.T) {
	few(t, fewChecks)
	everyPair(t, checkAnySchema)
}

// everyPair checks a property between every two engines, each time with both of them empty.
func everyPair(t *testing.T, check func(t *rapid.T, source, target *end)) {
	for _, from := range engines {
		for _, to := range engines {
			t.Run(from+" to "+to, func(t *testing.T) {
				t.Parallel()
				source, target := newEnd(t, from), newEnd(t, to)
				rapid.Check(t, func(t *rapid.T) {
					source.clear(t, source)
					target.clear(t, source)
					check(t, source, target)
				})
			})
		}
	}
}

func checkAnySchema(t *rapid.T, source, target *end) {
	tables := drawSchema(t, source.family)
	for i := range tables {
		must(t, source, tables[i].create(source)...)
	}
	for i := range tables {
		must(t, source, tables[i].refer(source, &tables[0])...)
	}
	report, err := run(context.Background(), config(source, target))
	require.NoError(t, err)
	names := map[string]catalog.Name{}
	rejected := int64(0)
	for _, c := range report.Tables {
		require.NoError(t, c.Err, c.Source)
		names[c.Source.Name] = c.Target
		rejected += c.Rejected
	}
	if rejected == 0 {
		require.Empty(t, report.Failed)
	}
	for i := range tables {
		compareTable(t, source, target, &tables[i], names[tables[i].name])
	}
}

func compareTable(t *rapid.T, source, target *end, a *anyTable, name catalog.Name) {
	compareTableAs(t, source, target, a, name, source.family == target.family)
}

// compareTableAs compares what like engines print, or values in their canonical form.
func compareTableAs(t *rapid.T, source, target *end, a *anyTable, name catalog.Name, like bool) {
	require.NotEmpty(t, name.Name, "table %q was not moved", a.name)
	there := target.quote(name.Name)
	if target.family == catalog.PostgreSQL {
		there = target.quote(name.Schema) + "." + there
	}
	before := printedRows(t, source, a, source.quote(a.name), like)
	after := printedRows(t, target, a, there, like)
	hardRows := 0
	for _, row := range a.rows {
		if slices.ContainsFunc(row, func(l literal) bool { return l.hardFor(target.family) }) {
			hardRows++
		}
	}
	if like || hardRows == 0 {
		require.Equal(t, before, after, a.name)
		return
	}
	for _, row := range after {
		i := slices.Index(before, row)
		require.GreaterOrEqual(t, i, 0, "the source has no row %q in table %s", row, a.name)
		before = slices.Delete(before, i, i+1)
	}
	require.Len(t, before, hardRows, a.name)
	parked := target.column(t, fmt.Sprintf("SELECT %s FROM %s WHERE %s = '%s' AND %s", target.quote("STATEMENT"), exceptions(target),
		target.quote("TABLE_NAME"), literalOf(target, name.Name), owned(target)))
	require.Len(t, parked, hardRows, a.name)
}

func literalOf(e *end, s string) string {
	if e.family == catalog.MySQL {
		s = strings.ReplaceAll(s, `\`, `\\`)
	}
	return strings.ReplaceAll(s, "'", "''")
}

// printedRows prints the rows of a table, sorted. Columns are taken by their place, since some names change.
func printedRows(t *rapid.T, e *end, a *anyTable, table string, like bool) []string {
	columns := columnsOf(t, e, table)
	require.Len(t, columns, len(a.columns))
	printing := make([]string, len(columns))
	for i, c := range columns {
		printing[i] = expression(e, c, a.columns[i].kind, like)
	}
	query := "SELECT " + strings.Join(printing, ", ") + " FROM " + table
	rows, err := e.db.QueryContext(context.Background(), query)
	require.NoError(t, err, query)
	defer func() { _ = rows.Close() }()
	out := []string{}
	for rows.Next() {
		values, into := make([]sql.NullString, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		require.NoError(t, rows.Scan(into...))
		row := ""
		for i, v := range values {
			switch {
			case !v.Valid:
				row += "NULL|"
			case like:
				row += fmt.Sprintf("%q|", v.String)
			default:
				row += fmt.Sprintf("%q|", canonical(v.String, a.columns[i].kind.form))
			}
		}
		out = append(out, row)
	}
	require.NoError(t, rows.Err())
	slices.Sort(out)
	return out
}

func columnsOf(t *rapid.T, e *end, table string) []string {
	rows, err := e.db.QueryContext(context.Background(), "SELECT * FROM "+table+" LIMIT 0")
	require.NoError(t, err)
	defer func() { _ = rows.Close() }()
	columns, err := rows.Columns()
	require.NoError(t, err)
	require.NoError(t, rows.Err())
	return columns
}

// clear empties an end of the tables of the last try.
func (e *end) clear(t *rapid.T, source *end) {
	switch e.family {
	case catalog.PostgreSQL:
		must(t, e, "DROP SCHEMA public CASCADE", "CREATE SCHEMA public")
		if source.family == catalog.MySQL {
			must(t, e, "DROP SCHEMA IF EXISTS "+e.quote(source.database())+" CASCADE")
		}
	case catalog.MySQL:
		tables := e.column(t, "SELECT table_name FROM information_schema.tables WHERE table_schema = database()")
		for range tables { // a table that others refer to goes after them
			for _, name := range tables {
				_, _ = e.db.ExecContext(context.Background(), "DROP TABLE IF EXISTS "+e.quote(name))
			}
		}
		require.Empty(t, e.column(t, "SELECT table_name FROM information_schema.tables WHERE table_schema = database()"))
		// The table of exceptions is not there before the first.
		_, _ = e.db.ExecContext(context.Background(), "DELETE FROM "+exceptions(e)+" WHERE "+owned(e))
	default:
		for _, name := range e.column(t, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'") {
			must(t, e, "DROP TABLE "+e.quote(name))
		}
	}
}

func must(t *rapid.T, e *end, statements ...string) {
	for _, s := range statements {
		_, err := e.db.ExecContext(context.Background(), s)
		require.NoError(t, err, s)
	}
}
