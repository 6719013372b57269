package task_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/settings"
	"github.com/whimbreldb/whimbrel/internal/task"
	"github.com/whimbreldb/whimbrel/internal/validate"
)

func validating(t testing.TB, source, target *end, document string) task.Config {
	t.Helper()
	c := config(source, target)
	s, err := settings.ParseOver(c.Settings, []byte(document))
	require.NoError(t, err)
	require.NoError(t, s.Check())
	c.Settings, c.ValidationStats = s, &validate.Stats{}
	return c
}

// failureRowsOf reads what awsdms_validation_failures holds of a table.
func failureRowsOf(t require.TestingT, target *end, table string) []string {
	name, owner := target.failureTable(), "1 = 1"
	if target.family == catalog.MySQL {
		owner = fmt.Sprintf("TABLE_OWNER = '%s'", target.database())
	}
	q := target.quote
	query := fmt.Sprintf("SELECT %s || ' ' || %s || ' ' || %s FROM %s WHERE %s = '%s' AND %s ORDER BY 1", q("FAILURE_TYPE"), q("KEY"), q("DETAILS"), name, q("TABLE_NAME"), table, owner)
	if target.family == catalog.MySQL {
		query = strings.ReplaceAll(strings.Replace(query, "SELECT ", "SELECT CONCAT(", 1), " || ", ", ")
		query = strings.Replace(query, " FROM ", ") FROM ", 1)
	}
	return target.column(t, query)
}

// allFailures is what awsdms_validation_failures holds of every table and task, for the message of a test that fails.
func allFailures(t require.TestingT, target *end) []string {
	name := target.failureTable()
	var columns []string
	for _, c := range []string{"TASK_NAME", "TABLE_OWNER", "TABLE_NAME", "FAILURE_TYPE", "KEY", "DETAILS"} {
		columns = append(columns, target.quote(c))
	}
	query := "SELECT " + strings.Join(columns, " || ' ' || ") + " FROM " + name
	if target.family == catalog.MySQL {
		query = "SELECT CONCAT_WS(' ', " + strings.Join(columns, ", ") + ") FROM " + name
	}
	return target.column(t, query)
}

// failureTable is the name of awsdms_validation_failures.
func (e *end) failureTable() string {
	switch e.family {
	case catalog.PostgreSQL:
		return "awsdms_validation_failures_v2"
	case catalog.MySQL:
		return "awsdms_control.awsdms_validation_failures_v1"
	}
	return "awsdms_validation_failures_v1"
}

// failuresReadBack are the same as a target reads them back, of the run of c.
func failuresReadBack(t *testing.T, c task.Config, table string) (all []string) {
	t.Helper()
	engine, err := c.Engines.ForURL(c.Target.URL)
	require.NoError(t, err)
	target, err := engine.OpenTarget(t.Context(), c.Target)
	require.NoError(t, err)
	defer func() { require.NoError(t, target.Close()) }()
	const most = 1 << 20 // on a server that tests share, those of many tables
	found, err := target.(connector.FailureReader).Failed(t.Context(), connector.ParkedQuery{Task: c.Name, Limit: most})
	require.NoError(t, err)
	for i := range found {
		if f := &found[i]; f.Table.Name == table {
			require.WithinDuration(t, time.Now(), f.Time, 5*time.Minute)
			all = append(all, fmt.Sprint(f.Kind, " ", f.Key, " ", f.Details))
			one, err := target.(connector.FailureReader).Failed(t.Context(), connector.ParkedQuery{Task: c.Name, Table: f.Table, Skip: len(all) - 1, Limit: 1})
			require.NoError(t, err)
			require.Equal(t, []connector.Failed{*f}, one, "a page of one row")
		}
	}
	others, err := target.(connector.FailureReader).Failed(t.Context(), connector.ParkedQuery{Task: c.Name + "x", Limit: 100})
	require.NoError(t, err)
	require.Empty(t, others)
	slices.Sort(all)
	return all
}

// With EnableValidation a load is compared, and what was rejected is found missing and listed in the control table.
func TestValidationAfterLoad(t *testing.T) {
	for _, to := range engines {
		for _, mode := range []string{"ROW_LEVEL", "GROUP_LEVEL"} {
			t.Run(to+" "+mode, func(t *testing.T) {
				t.Parallel()
				source, target := newEnd(t, "sqlite"), newEnd(t, to)
				source.exec(t, "CREATE TABLE good (id INTEGER PRIMARY KEY, v TEXT)", "INSERT INTO good VALUES (1, 'a'), (2, 'b')",
					"CREATE TABLE mixed (id INTEGER PRIMARY KEY, v DATETIME)", "INSERT INTO mixed VALUES (1, '2024-02-29 12:00:00'), (2, 'yesterday')",
					"CREATE TABLE bag (v INTEGER)", "INSERT INTO bag VALUES (1), (1), (NULL)")
				c := validating(t, source, target, `{"ValidationSettings":{"EnableValidation":true,"ValidationMode":"`+mode+`"}}`)
				report, err := run(context.Background(), c)
				require.NoError(t, err)
				states := map[string]validate.State{}
				for _, v := range report.Validation {
					states[v.Source.Name] = v.State
				}
				want := map[string]validate.State{"good": validate.Validated, "mixed": validate.Mismatched, "bag": validate.Validated}
				if target.family == catalog.SQLite {
					want["mixed"] = validate.Validated
				}
				require.Equal(t, want, states)
				require.Equal(t, target.family == catalog.SQLite, report.Complete())
				counted := map[string]int64{}
				for _, n := range c.ValidationStats.Tables() {
					require.Equal(t, want[n.Source.Name], n.State)
					counted[n.Source.Name] = n.Failed
				}
				require.Empty(t, failureRowsOf(t, target, "good"))
				rows := failureRowsOf(t, target, "mixed")
				if target.family == catalog.SQLite {
					require.Empty(t, rows)
					return
				}
				require.EqualValues(t, 1, counted["mixed"])
				require.Len(t, rows, 1)
				require.Contains(t, rows[0], `MISSING_TARGET {"key": ["id=2"]}`)
				require.Contains(t, rows[0], "yesterday")
			})
		}
	}
}

// A validation-only task moves nothing, finds what differs, and replaces what an earlier one has listed.
func TestValidationOnly(t *testing.T) {
	t.Parallel()
	for _, to := range []string{"postgresql-15", "mariadb", "sqlite"} {
		t.Run(to, func(t *testing.T) {
			t.Parallel()
			source, target := newEnd(t, "postgresql-18"), newEnd(t, to)
			source.exec(t, "CREATE TABLE t (id int PRIMARY KEY, v text)", "INSERT INTO t SELECT i, 'v' || i FROM generate_series(1, 50) i")
			migrate(t, source, target)
			source.exec(t, "CREATE TABLE later (id int PRIMARY KEY)")
			target.exec(t, "UPDATE t SET v = 'other' WHERE id = 7", "DELETE FROM t WHERE id = 8", "INSERT INTO t VALUES (99, 'x')")
			document := `{"ValidationSettings":{"EnableValidation":true,"ValidationOnly":true},"FullLoadSettings":{"TargetTablePrepMode":"DO_NOTHING"}}`
			report, err := run(context.Background(), validating(t, source, target, document))
			require.NoError(t, err)
			require.False(t, report.Complete())
			require.Len(t, report.Validation, 2)
			require.Equal(t, []string{
				`MISSING_SOURCE {"key": ["99"]} []`, `MISSING_TARGET {"key": ["8"]} []`,
				`RECORD_DIFF {"key": ["7"]} [{"column":"v","source":"v7","target":"other"}]`,
			}, failureRowsOf(t, target, "t"), "found %+v, listed in all %q", *report.Validation[0], allFailures(t, target))
			require.Equal(t, failureRowsOf(t, target, "t"), failuresReadBack(t, validating(t, source, target, document), "t"))
			require.Equal(t, []string{`TABLE_WARNING {"key": []} {"reason":"the target has no such table"}`}, failureRowsOf(t, target, "later"))
			require.Equal(t, []string{"50"}, target.column(t, "SELECT count(*) FROM t"))
			_, err = target.db.ExecContext(context.Background(), "SELECT 1 FROM later")
			require.Error(t, err, "nothing is made")

			target.exec(t, "UPDATE t SET v = 'v7' WHERE id = 7")
			_, err = run(context.Background(), validating(t, source, target, document))
			require.NoError(t, err)
			require.Len(t, failureRowsOf(t, target, "t"), 2)
		})
	}
}
