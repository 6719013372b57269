package postgres

import (
	"context"
	"net/url"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// TestRightsLostWhileChangesAreApplied takes each right that an apply session needs, and gives what the message says by running it as it stands.
func TestRightsLostWhileChangesAreApplied(t *testing.T) {
	t.Parallel()
	bothVersions(t, func(t *testing.T, v servertest.PostgreSQLVersion) {
		db := servertest.PostgreSQL(t, v)
		user := `the "user" of ` + db.Name
		mover := quote(user)
		execute(t, db, "CREATE ROLE "+mover+" LOGIN PASSWORD 'x'", `CREATE SCHEMA "the shop"`, "CREATE SCHEMA control", `CREATE TABLE "the shop".orders (id int PRIMARY KEY, v text)`,
			"GRANT CREATE ON DATABASE "+quote(db.Name)+" TO "+mover, "GRANT ALL ON SCHEMA control TO "+mover, `GRANT ALL ON SCHEMA "the shop" TO `+mover, `GRANT ALL ON "the shop".orders TO `+mover)
		t.Cleanup(func() {
			execute(t, db, "DROP OWNED BY "+mover, "DROP ROLE "+mover)
		})
		u, err := url.Parse(db.URL)
		require.NoError(t, err)
		u.User = url.UserPassword(user, "x")
		target, err := Engine().OpenTarget(t.Context(), connector.Config{URL: u.String(), ControlSchema: "control"})
		require.NoError(t, err)
		t.Cleanup(func() { _ = target.Close() })
		opens := func() (connector.ApplySession, error) {
			return target.(connector.Applier).Apply(t.Context(), connector.ApplyOptions{Run: "r", Statements: 50})
		}
		session, err := opens()
		require.NoError(t, err)
		t.Cleanup(func() { _ = session.Close() })
		if session.Features().Enforced != "" && v == servertest.PostgreSQL18 {
			require.Contains(t, session.Features().Enforced, "GRANT SET ON PARAMETER session_replication_role TO "+mover)
		}

		name := catalog.Name{Schema: "the shop", Name: "orders"}
		found, err := target.Describe(t.Context(), []catalog.Name{name})
		require.NoError(t, err)
		table := found[name].Table
		cs := columns(table, "id", "v")
		commits := func(ctx context.Context) error {
			return session.Commit(ctx, connector.Checkpoint{Run: "r", Server: "here", Position: "0/1", At: time.Now()})
		}
		writes := func(set connector.RowSet) func(ctx context.Context) error {
			return func(ctx context.Context) error {
				_, err := session.Write(ctx, []connector.RowSet{set})
				return err
			}
		}
		insert := func(from, n int) connector.RowSet {
			var rows [][]any
			for i := range n {
				rows = append(rows, []any{from + i, "x"})
			}
			return connector.RowSet{Op: change.Insert, Table: table, Columns: cs, Rows: batch(t, cs, rows...)}
		}
		const all = `GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON "the shop"."orders" TO `
		key := columns(table, "id")
		for _, c := range []struct {
			loses, mend string
			do          func(ctx context.Context) error
		}{
			{`INSERT ON "the shop".orders`, all + mover, writes(insert(1, 1))},
			{`INSERT ON "the shop".orders`, all + mover, writes(insert(100, 5))},
			{`INSERT ON "the shop".orders`, all + mover, writes(insert(1000, 400))},
			{`UPDATE ON "the shop".orders`, all + mover, writes(connector.RowSet{Op: change.Update, Table: table, Columns: cs, Rows: batch(t, cs, []any{1, "y"}), Key: []int{0}, Unique: true})},
			{`DELETE ON "the shop".orders`, all + mover, writes(connector.RowSet{Op: change.Delete, Table: table, OldColumns: key, Old: batch(t, key, []any{1}), Key: []int{0}, Unique: true})},
			{`TRUNCATE ON "the shop".orders`, all + mover, func(ctx context.Context) error { return session.Truncate(ctx, name) }},
			{`CREATE ON SCHEMA "the shop"`, `GRANT USAGE, CREATE ON SCHEMA "the shop" TO ` + mover, func(ctx context.Context) error {
				return session.Exec(ctx, []catalog.Statement{{SQL: `CREATE TABLE "the shop"."new" (id int PRIMARY KEY)`}})
			}},
			{"CREATE ON DATABASE " + quote(db.Name), "GRANT CREATE ON DATABASE " + quote(db.Name) + " TO " + mover, func(ctx context.Context) error {
				return session.Exec(ctx, []catalog.Statement{{SQL: `CREATE SCHEMA "more"`}})
			}},
			{"USAGE ON SCHEMA control", `GRANT USAGE, CREATE ON SCHEMA "control" TO ` + mover, nil},
		} {
			lost := false
			attempt := func() (err error) {
				if lost { // as the engine does it
					_ = session.Close()
					session, err = opens()
					require.NoError(t, err)
				}
				defer func() { lost = err != nil }()
				require.NoError(t, session.Begin(t.Context()))
				if c.do != nil {
					if err := c.do(t.Context()); err != nil {
						return err
					}
				}
				return commits(t.Context())
			}
			execute(t, db, "REVOKE "+c.loses+" FROM "+mover)
			err := attempt()
			require.Equal(t, connector.Denied, connector.ClassOf(err), "%s: %v", c.loses, err)
			require.Equal(t, c.mend, mendOf(err), c.loses)
			require.ErrorContains(t, err, "("+c.mend+")")
			execute(t, db, mendOf(err))
			require.NoError(t, attempt(), c.loses)
		}
		execute(t, db, `ALTER TABLE control.awsdms_txn_state OWNER TO CURRENT_USER`)
		require.NoError(t, session.Begin(t.Context()))
		err = commits(t.Context())
		require.Equal(t, `GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON "control"."awsdms_txn_state" TO `+mover, mendOf(err))
	})
}

// TestMendsOfRights: of each message the statement, with the schema where the refused statement tells it.
func TestMendsOfRights(t *testing.T) {
	t.Parallel()
	for message, want := range map[string]string{
		`permission denied for database "shop"`:                                "GRANT CONNECT ON DATABASE \"shop\" TO \"mo\"\"ver\"",
		"permission denied for sequence ids":                                   `GRANT SELECT ON SEQUENCE "app"."ids" TO "mo""ver"`,
		"permission denied for tablespace fast":                                `GRANT CREATE ON TABLESPACE "fast" TO "mo""ver"`,
		"permission denied for type money2":                                    `GRANT USAGE ON TYPE "money2" TO "mo""ver"`,
		`permission denied to set parameter "session_replication_role"`:        `GRANT SET ON PARAMETER session_replication_role TO "mo""ver"`,
		"must be owner of table ids":                                           `ALTER TABLE "app"."ids" OWNER TO "mo""ver"`,
		"must be owner of materialized view ids":                               `ALTER MATERIALIZED VIEW "app"."ids" OWNER TO "mo""ver"`,
		"must be owner of schema app":                                          `ALTER SCHEMA "app" OWNER TO "mo""ver"`,
		`query would be affected by row-level security policy for table "ids"`: `ALTER ROLE "mo""ver" BYPASSRLS`,
		`new row violates row-level security policy for table "ids"`:           `ALTER ROLE "mo""ver" BYPASSRLS`,
		"Zugriff verweigert für Tabelle ids":                                   "",
	} {
		err := holder{user: `mo"ver`}.explain(&pgconn.PgError{Code: insufficient, Message: message}, `SELECT * FROM "app"."ids"`)
		require.Equal(t, want, mendOf(err), message)
	}
	require.Equal(t, "give the right that the message names", mendOf(classify(t.Context(), "try", &pgconn.PgError{Code: insufficient, Message: "Zugriff verweigert"})))
}
