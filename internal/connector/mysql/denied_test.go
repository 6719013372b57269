package mysql

import (
	"context"
	"errors"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/servertest"
)

func mendOf(err error) string {
	var e *connector.Error
	if !errors.As(err, &e) {
		return ""
	}
	return e.Remedy
}

// TestRightsLostWhileChangesAreApplied takes each right that an apply session needs, and gives what the message says by running it as it stands.
func TestRightsLostWhileChangesAreApplied(t *testing.T) {
	t.Parallel()
	for engine, open := range map[string]func(testing.TB) *servertest.Database{"MariaDB": servertest.MariaDB, "MySQL": servertest.MySQL} {
		t.Run(engine, func(t *testing.T) {
			d := open(t)
			admin := newFixture(t, d)
			control, mover := d.Name+"_control", quoteString("m"+d.Name)+"@'127.0.0.%'"
			const each = "ALTER, CREATE, DROP, INDEX, INSERT, UPDATE, DELETE, SELECT"
			all := "GRANT " + each + " ON " + quoteIdent(d.Name) + ".* TO " + mover
			kept := "GRANT ALL ON " + quoteIdent(control) + ".* TO " + mover
			admin.exec("CREATE USER "+mover+" IDENTIFIED BY 'x'", all, kept, "CREATE TABLE orders (id INT PRIMARY KEY, v VARCHAR(10))")
			t.Cleanup(func() {
				for _, sql := range []string{"DROP USER " + mover, "DROP DATABASE IF EXISTS " + quoteIdent(control)} {
					_, err := admin.db.ExecContext(context.WithoutCancel(t.Context()), sql)
					require.NoError(t, err)
				}
			})
			u, err := url.Parse(d.URL)
			require.NoError(t, err)
			u.User = url.UserPassword("m"+d.Name, "x")
			opened, err := openTarget(t.Context(), connector.Config{URL: u.String(), ControlSchema: control})
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, opened.Close()) })

			table, columns := admin.table("orders", "id"), []string{"id", "v"}
			for _, c := range []struct {
				loses, mend string
				do          func(s connector.ApplySession) error
			}{
				{"INSERT ON " + d.Name + ".*", all, writes(t, rowSet(table, change.Insert, true, nil, columns, ids(1, 4)...))},
				{"UPDATE ON " + d.Name + ".*", all, writes(t, rowSet(table, change.Update, true, []int{0}, columns, []string{"2", "z"}))},
				{"DELETE ON " + d.Name + ".*", all, writes(t, rowSet(table, change.Delete, true, []int{0}, columns, ids(3, 3)...))},
				{"DELETE ON " + d.Name + ".*", all, func(s connector.ApplySession) error { return s.Truncate(t.Context(), table.Name) }},
				{"CREATE ON " + d.Name + ".*", all, func(s connector.ApplySession) error {
					return s.Exec(t.Context(), []catalog.Statement{{SQL: "CREATE TABLE IF NOT EXISTS " + quoteIdent(d.Name) + ".`new` (id INT PRIMARY KEY)"}})
				}},
				{"INSERT ON " + control + ".*", kept, nil},
			} {
				attempt := func() error { // over connections of its own: rights on its database are a connection's for as long as it stays in that
					target, err := openTarget(t.Context(), connector.Config{URL: u.String(), ControlSchema: control})
					require.NoError(t, err)
					defer func() { require.NoError(t, target.Close()) }()
					s, err := target.(connector.Applier).Apply(t.Context(), connector.ApplyOptions{Run: "r", Statements: 3})
					if err != nil {
						return err
					}
					defer func() { require.NoError(t, s.Close()) }()
					if err := s.Begin(t.Context()); err != nil {
						return err
					}
					if c.do != nil {
						if err := c.do(s); err != nil {
							return err
						}
					}
					return s.Commit(t.Context(), connector.Checkpoint{Run: "r", Position: "p", At: time.Now()})
				}
				require.NoError(t, attempt(), c.loses) // what it does, with all rights; again below
				admin.exec("DELETE FROM orders", "DROP TABLE IF EXISTS `new`")
				admin.exec("REVOKE " + c.loses + " FROM " + mover)
				err := attempt()
				require.Equal(t, connector.Denied, connector.ClassOf(err), "%s: %v", c.loses, err)
				require.Equal(t, c.mend, mendOf(err), c.loses)
				require.ErrorContains(t, err, "("+c.mend+")")
				admin.exec(mendOf(err))
				require.NoError(t, attempt(), c.loses)
			}

			// A database that may not be entered, and one that may not be made.
			admin.exec("REVOKE " + each + " ON " + quoteIdent(d.Name) + ".* FROM " + mover)
			_, err = openTarget(t.Context(), connector.Config{URL: u.String(), ControlSchema: control})
			require.Equal(t, all, mendOf(err), "%v", err)
			_, err = openSource(t.Context(), connector.Config{URL: u.String()})
			require.Equal(t, "GRANT SELECT ON "+quoteIdent(d.Name)+".* TO "+mover, mendOf(err), "%v", err)
			err = opened.Exec(t.Context(), []catalog.Statement{{SQL: "CREATE DATABASE IF NOT EXISTS `not there`"}})
			require.Equal(t, "GRANT "+each+" ON `not there`.* TO "+mover, mendOf(err), "%v", err)
		})
	}
}

func writes(t *testing.T, set connector.RowSet) func(s connector.ApplySession) error {
	return func(s connector.ApplySession) error {
		_, err := s.Write(t.Context(), []connector.RowSet{set})
		return err
	}
}
