package task_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/settings"
	"github.com/whimbreldb/whimbrel/internal/task"
	"github.com/whimbreldb/whimbrel/internal/task/fullload"
)

// with merges a document into the settings, as --task-settings does.
func with(t *testing.T, c task.Config, document string) task.Config {
	t.Helper()
	s, err := settings.ParseOver(c.Settings, []byte(document))
	require.NoError(t, err)
	require.NoError(t, s.Check())
	c.Settings = s
	return c
}

func prep(mode string) string {
	return fmt.Sprintf(`{"FullLoadSettings":{"TargetTablePrepMode":%q}}`, mode)
}

// settingPairs are the pairs on which settings are tried.
var settingPairs = []struct{ from, to string }{
	{"postgresql-18", "postgresql-18"}, {"mariadb", "postgresql-15"}, {"sqlite", "mariadb"}, {"postgresql-18", "sqlite"},
}

func onSettingPairs(t *testing.T, test func(t *testing.T, source, target *end)) {
	t.Helper()
	for _, p := range settingPairs {
		t.Run(p.from+" to "+p.to, func(t *testing.T) {
			t.Parallel()
			test(t, newEnd(t, p.from), newEnd(t, p.to))
		})
	}
}

func TestRowsThatAreThere(t *testing.T) {
	onSettingPairs(t, func(t *testing.T, source, target *end) {
		source.exec(t, "CREATE TABLE t (id int PRIMARY KEY, v varchar(10))", "INSERT INTO t VALUES (1, 'one'), (2, 'two')")
		migrate(t, source, target)
		table := qualified(source, target, "t")
		target.exec(t, "INSERT INTO "+table+" VALUES (7, 'mine')")
		rows := func() []string { return target.column(t, "SELECT id FROM "+table+" ORDER BY id") }

		_, err := run(context.Background(), config(source, target))
		require.ErrorIs(t, err, task.ErrHoldsRows)
		for _, way := range []string{"--prep truncate", "--prep drop", "--prep append"} {
			require.ErrorContains(t, err, way)
		}
		require.Equal(t, []string{"1", "2", "7"}, rows(), "a refused run changes nothing")

		for _, mode := range []string{settings.TruncateBeforeLoad, settings.DropAndCreate} {
			c := with(t, config(source, target), prep(mode))
			c.RefuseRows = false
			report, err := run(context.Background(), c)
			require.NoError(t, err)
			require.True(t, report.Complete(), mode)
			require.Equal(t, []string{"1", "2"}, rows(), mode)
			target.exec(t, "INSERT INTO "+table+" VALUES (7, 'mine')")
		}

		source.exec(t, "DELETE FROM t", "INSERT INTO t VALUES (3, 'three'), (7, 'again'), (8, 'eight')")
		c := with(t, config(source, target), prep(settings.DoNothing))
		c.RefuseRows = false
		report, err := run(context.Background(), c)
		require.NoError(t, err)
		require.Equal(t, int64(1), report.Tables[0].Rejected, "the row whose key is there")
		require.Equal(t, []string{"1", "2", "3", "7", "8"}, rows())
		require.Equal(t, []string{"mine"}, target.column(t, "SELECT v FROM "+table+" WHERE id = 7"))
	})
}

// badRows fills table bad with good rows and bad, and table good beside it.
func badRows(t *testing.T, source, target *end) {
	t.Helper()
	create, bad := "CREATE TABLE bad (id int PRIMARY KEY, d date)", "'0000-00-00'"
	switch {
	case source.family == catalog.SQLite:
		bad = "'soon'"
	case source.family == catalog.PostgreSQL:
		create, bad = "CREATE TABLE bad (id int PRIMARY KEY, d double precision)", "'NaN'"
	}
	source.exec(t, create, "CREATE TABLE good (id int PRIMARY KEY)", "INSERT INTO good VALUES (1), (2)")
	for i := range 6 {
		value := "NULL"
		if i%2 == 1 {
			value = bad
		}
		source.exec(t, fmt.Sprintf("INSERT INTO bad VALUES (%d, %s)", i, value))
	}
}

func TestErrorPolicies(t *testing.T) {
	cases := map[string]struct {
		document         string
		rows, parked     int
		failed, stopped  bool
		suspendedByCount bool
	}{
		"IGNORE_RECORD":     {document: `{"ErrorBehavior":{"DataErrorPolicy":"IGNORE_RECORD"}}`, rows: 3},
		"LOG_ERROR":         {document: `{"ErrorBehavior":{"DataErrorPolicy":"LOG_ERROR"}}`, rows: 3, parked: 3},
		"SUSPEND_TABLE":     {document: `{"ErrorBehavior":{"DataErrorPolicy":"SUSPEND_TABLE"}}`, failed: true},
		"STOP_TASK":         {document: `{"ErrorBehavior":{"DataErrorPolicy":"STOP_TASK"}}`, failed: true, stopped: true},
		"escalation":        {document: `{"ErrorBehavior":{"DataErrorEscalationCount":2,"DataErrorEscalationPolicy":"SUSPEND_TABLE"}}`, failed: true},
		"escalation stops":  {document: `{"ErrorBehavior":{"DataErrorEscalationCount":2,"DataErrorEscalationPolicy":"STOP_TASK"}}`, failed: true, stopped: true},
		"not yet escalated": {document: `{"ErrorBehavior":{"DataErrorEscalationCount":3,"DataErrorEscalationPolicy":"STOP_TASK"}}`, rows: 3, parked: 3},
		"table policy":      {document: `{"ErrorBehavior":{"DataErrorPolicy":"SUSPEND_TABLE","TableErrorPolicy":"STOP_TASK"}}`, failed: true, stopped: true},
		"table escalation":  {document: `{"ErrorBehavior":{"DataErrorPolicy":"SUSPEND_TABLE","TableErrorEscalationCount":1}}`, failed: true, stopped: true},
	}
	for _, p := range []struct{ from, to string }{{"mariadb", "postgresql-18"}, {"sqlite", "mariadb"}, {"postgresql-18", "sqlite"}, {"postgresql-15", "mariadb"}} {
		t.Run(p.from+" to "+p.to, func(t *testing.T) {
			t.Parallel()
			source := newEnd(t, p.from)
			badRows(t, source, nil)
			for name, c := range cases {
				t.Run(name, func(t *testing.T) {
					target := newEnd(t, p.to)
					report, err := run(context.Background(), with(t, config(source, target), c.document))
					if c.stopped {
						require.ErrorIs(t, err, fullload.ErrStopped)
						return
					}
					require.NoError(t, err)
					require.False(t, report.Complete())
					require.Equal(t, []string{"1", "2"}, target.column(t, "SELECT id FROM "+qualified(source, target, "good")+" ORDER BY id"), "other tables go on")
					for _, table := range report.Tables {
						require.Equal(t, c.failed && table.Source.Name == "bad", table.State == fullload.Failed, table.Source)
					}
					if c.failed {
						return
					}
					require.Len(t, target.column(t, "SELECT id FROM "+qualified(source, target, "bad")), c.rows)
					if name == "IGNORE_RECORD" {
						return // the table of exceptions may not even be there
					}
					require.Len(t, target.column(t, fmt.Sprintf("SELECT %s FROM %s WHERE %s", target.quote("ERROR"), exceptions(target), owned(target))), c.parked)
				})
			}
		})
	}
}

func TestLimitedLOBs(t *testing.T) {
	cases := map[string]struct {
		policy string
		rows   []string
	}{
		"LOG_ERROR":     {"LOG_ERROR", []string{"1", "2"}},
		"IGNORE_RECORD": {"IGNORE_RECORD", []string{"1", "2"}},
		"SUSPEND_TABLE": {"SUSPEND_TABLE", nil},
		"STOP_TASK":     {"STOP_TASK", nil},
	}
	onSettingPairs(t, func(t *testing.T, source, target *end) {
		source.exec(t, fmt.Sprintf("CREATE TABLE lobs (id int PRIMARY KEY, v %s)", map[catalog.Family]string{catalog.MySQL: "longtext"}[source.family]+
			map[catalog.Family]string{catalog.PostgreSQL: "text", catalog.SQLite: "text"}[source.family]),
			"INSERT INTO lobs VALUES (1, 'short'), (2, '"+strings.Repeat("ü", 1500)+"')")
		for name, c := range cases {
			document := fmt.Sprintf(`{"TargetMetadata":{"LimitedSizeLobMode":true,"FullLobMode":false,"LobMaxSize":1},
				"FullLoadSettings":{"TargetTablePrepMode":"DROP_AND_CREATE"},"ErrorBehavior":{"DataTruncationErrorPolicy":%q}}`, c.policy)
			conf := with(t, config(source, target), document)
			conf.RefuseRows = false
			report, err := run(context.Background(), conf)
			if c.policy == "STOP_TASK" {
				require.ErrorContains(t, err, "STOP_TASK", name)
				continue
			}
			require.NoError(t, err, name)
			if c.rows == nil {
				require.Equal(t, fullload.Failed, report.Tables[0].State, name)
				continue
			}
			table := qualified(source, target, "lobs")
			require.Equal(t, int64(1), report.Tables[0].Changed+report.Tables[0].Rejected, name)
			require.Equal(t, c.rows, target.column(t, "SELECT id FROM "+table+" ORDER BY id"), name)
			require.Equal(t, []string{strings.Repeat("ü", 512)}, target.column(t, "SELECT v FROM "+table+" WHERE id = 2"), name)
		}
	})
}

func TestTargetAndControlSchema(t *testing.T) {
	for _, p := range []struct{ from, to string }{{"mariadb", "postgresql-18"}, {"postgresql-18", "postgresql-18"}, {"sqlite", "postgresql-15"}} {
		t.Run(p.from+" to "+p.to, func(t *testing.T) {
			t.Parallel()
			source, target := newEnd(t, p.from), newEnd(t, p.to)
			badRows(t, source, target)
			source.exec(t, "CREATE TABLE long_text (id int, v varchar(10))", "INSERT INTO long_text VALUES (1, 'x')")
			c := with(t, config(source, target), `{"TargetMetadata":{"TargetSchema":"Other \"one"}}`)
			c.Target.ControlSchema = "keeping"
			report, err := run(context.Background(), c)
			require.NoError(t, err)
			require.Equal(t, []string{"2"}, target.column(t, `SELECT count(*) FROM "Other ""one".good`))
			if report.Complete() {
				return // like engines refuse nothing
			}
			require.Equal(t, []string{"3"}, target.column(t, "SELECT count(*) FROM keeping.awsdms_apply_exceptions"))
		})
	}
}

func TestKeysBeforeOrAfterTheRows(t *testing.T) {
	for document, duplicates := range map[string]bool{
		`{"FullLoadSettings":{"CreatePkAfterFullLoad":false}}`: false,
		`{"FullLoadSettings":{"CreatePkAfterFullLoad":true}}`:  true,
	} {
		for _, to := range []string{"postgresql-18", "postgresql-15"} {
			t.Run(fmt.Sprint(to, duplicates), func(t *testing.T) {
				t.Parallel()
				source, target := newEnd(t, "sqlite"), newEnd(t, to)
				source.exec(t, "CREATE TABLE t (id int PRIMARY KEY, v text)", "INSERT INTO t VALUES (1, 'x')")
				m, err := task.Open(context.Background(), with(t, config(source, target), document))
				require.NoError(t, err)
				t.Cleanup(func() { _ = m.Close() })
				plan, err := m.Plan(context.Background())
				require.NoError(t, err)
				script := plan.Tables[0].Script
				require.Equal(t, !duplicates, strings.Contains(fmt.Sprint(script.Create), "PRIMARY KEY"), script.Create)
				report, err := m.Run(context.Background(), plan)
				require.NoError(t, err)
				require.True(t, report.Complete())
				_, err = target.db.ExecContext(context.Background(), "INSERT INTO t VALUES (1, 'again')")
				require.Error(t, err)
			})
		}
	}
}

func TestCharacterSetSettings(t *testing.T) {
	onSettingPairs(t, func(t *testing.T, source, target *end) {
		source.exec(t, "CREATE TABLE t (id int, v varchar(20))", "INSERT INTO t VALUES (1, 'aéb🐦')")
		c := with(t, config(source, target), `{"CharacterSetSettings":{"CharacterReplacements":[{"SourceCharacterCodePoint":"E9","TargetCharacterCodePoint":"65"}],
			"CharacterSetSupport":{"CharacterSet":"ISO-8859-1","ReplaceWithCharacterCodePoint":"3F"}}}`)
		_, err := run(context.Background(), c)
		require.NoError(t, err)
		require.Equal(t, []string{"aeb?"}, target.column(t, "SELECT v FROM "+qualified(source, target, "t")))
	})
}

func TestCommitRateAndSubTasks(t *testing.T) {
	onSettingPairs(t, func(t *testing.T, source, target *end) {
		source.exec(t, "CREATE TABLE t (id int PRIMARY KEY)")
		for i := range 20 {
			source.exec(t, fmt.Sprintf("INSERT INTO t VALUES (%d)", i))
		}
		c := with(t, config(source, target), `{"FullLoadSettings":{"CommitRate":1,"MaxFullLoadSubTasks":1}}`)
		report, err := run(context.Background(), c)
		require.NoError(t, err)
		require.True(t, report.Complete())
		require.Equal(t, []string{"20"}, target.column(t, "SELECT count(*) FROM "+qualified(source, target, "t")))
	})
}
