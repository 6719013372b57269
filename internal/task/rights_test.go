package task_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/convert"
	"github.com/whimbreldb/whimbrel/internal/servertest"
	"github.com/whimbreldb/whimbrel/internal/summary"
	"github.com/whimbreldb/whimbrel/internal/task"
)

// byHand lists what a report says is to be done by hand.
func byHand(notes []convert.Note) (all []string) {
	for _, n := range notes {
		if n.ByHand != "" {
			all = append(all, n.ByHand)
		}
	}
	return all
}

func migrateBut(t *testing.T, source, target *end, exclude ...string) *task.Report {
	t.Helper()
	c := config(source, target)
	c.Exclude = exclude
	report, err := run(t.Context(), c)
	require.NoError(t, err)
	return report
}

func summed(t *testing.T, r *task.Report) string {
	t.Helper()
	var b strings.Builder
	require.NoError(t, summary.Report(&b, r, nil, false))
	return b.String()
}

// rightsOfPostgreSQL gives a shop owners, privileges and a function that not everybody may call.
func rightsOfPostgreSQL(t *testing.T, e *end) (app, reader string) {
	name := strings.Trim(e.column(t, "SELECT current_database()")[0], `"`)
	app, reader = "app_"+name, "reader_"+name
	e.exec(t, `CREATE ROLE `+app, `CREATE ROLE `+reader)
	t.Cleanup(func() { e.exec(t, `DROP OWNED BY `+app+`, `+reader+` CASCADE`, `DROP ROLE `+app, `DROP ROLE `+reader) })
	e.exec(t, `CREATE SCHEMA shop AUTHORIZATION `+app, `CREATE TABLE shop.orders (id bigint PRIMARY KEY, note text)`, `CREATE TABLE shop.left_out (id int)`,
		`ALTER TABLE shop.orders OWNER TO `+app, `ALTER TABLE shop.left_out OWNER TO `+app, `GRANT USAGE ON SCHEMA shop TO `+reader,
		`GRANT SELECT, INSERT ON shop.orders TO `+reader+` WITH GRANT OPTION`, `GRANT UPDATE (note) ON shop.orders TO PUBLIC`, `GRANT SELECT ON shop.left_out TO `+reader,
		`CREATE FUNCTION shop.secret(int) RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'`, `REVOKE EXECUTE ON FUNCTION shop.secret FROM PUBLIC`,
		`GRANT EXECUTE ON FUNCTION shop.secret TO `+reader, `CREATE TYPE shop.mood AS ENUM ('a')`, `REVOKE USAGE ON TYPE shop.mood FROM PUBLIC`, `GRANT TEMPORARY ON DATABASE `+name+` TO `+reader,
		`REVOKE TEMPORARY ON DATABASE `+name+` FROM PUBLIC`, `COMMENT ON DATABASE `+name+` IS 'it''s a shop'`, `GRANT USAGE ON TYPE shop.mood TO `+reader,
		`ALTER DATABASE `+name+` SET search_path = shop, "$user"`, `ALTER DATABASE `+name+` SET app.key = 'a secret'`, `ALTER ROLE `+reader+` IN DATABASE `+name+` SET datestyle = 'ISO, DMY'`,
		`SET allow_system_table_mods = on; INSERT INTO pg_seclabel VALUES ('shop.orders'::regclass, 'pg_class'::regclass, 2, 'selinux', 'it''s secret'); SET allow_system_table_mods = off`,
		`ALTER DEFAULT PRIVILEGES IN SCHEMA shop GRANT SELECT ON TABLES TO `+reader, `ALTER DEFAULT PRIVILEGES FOR ROLE `+app+` REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC`)
	return app, reader
}

func wantOfPostgreSQL(app, reader, own string) []string {
	database := strings.TrimPrefix(app, "app_")
	return []string{
		`ALTER DATABASE ` + database + ` SET "search_path" TO shop, "$user"`, `ALTER DATABASE ` + database + ` SET "app.key" TO …`,
		`ALTER ROLE ` + reader + ` IN DATABASE ` + database + ` SET "DateStyle" TO 'ISO, DMY'`, `SECURITY LABEL FOR selinux ON COLUMN shop.orders.note IS 'it''s secret'`,
		"ALTER DEFAULT PRIVILEGES FOR ROLE " + own + " IN SCHEMA shop GRANT SELECT ON TABLES TO " + reader,
		"ALTER DEFAULT PRIVILEGES FOR ROLE " + app + " REVOKE EXECUTE ON ROUTINES FROM PUBLIC",
		"ALTER SCHEMA shop OWNER TO " + app, "ALTER TABLE shop.orders OWNER TO " + app,
		"GRANT EXECUTE ON ROUTINE shop.secret(integer) TO " + reader, "GRANT INSERT, SELECT ON TABLE shop.orders TO " + reader + " WITH GRANT OPTION",
		"GRANT UPDATE (note) ON TABLE shop.orders TO PUBLIC", "GRANT USAGE ON SCHEMA shop TO " + reader, "GRANT USAGE ON TYPE shop.mood TO " + reader,
		"REVOKE EXECUTE ON ROUTINE shop.secret(integer) FROM PUBLIC", "REVOKE USAGE ON TYPE shop.mood FROM PUBLIC",
		"GRANT TEMPORARY ON DATABASE " + database + " TO " + reader, "REVOKE TEMPORARY ON DATABASE " + database + " FROM PUBLIC",
		"COMMENT ON DATABASE " + database + " IS 'it''s a shop'",
	}
}

// TestRightsAreListed: what belongs to roles stays at the source and is told statement by statement, which the target takes.
func TestRightsAreListed(t *testing.T) {
	for _, to := range []string{"postgresql-18", "mariadb"} {
		t.Run(to, func(t *testing.T) {
			source, target := newEnd(t, "postgresql-18"), newEnd(t, to)
			app, reader := rightsOfPostgreSQL(t, source)
			report := migrateBut(t, source, target, []string{"shop.left[_]out"}...)
			require.Empty(t, report.Failed)
			statements := byHand(report.Notes)
			require.ElementsMatch(t, wantOfPostgreSQL(app, reader, source.column(t, "SELECT quote_ident(current_user)")[0]), statements)
			text := summed(t, report)
			require.Contains(t, text, "Grants of schema shop (5) are not carried over, because roles belong to the server: GRANT ")
			require.Contains(t, text, "; and 2 more, which --json lists.")
			require.Contains(t, text, "Owner shop.orders is not carried over, because what is made belongs to the user who migrates: ALTER TABLE shop.orders OWNER TO "+app+".")
			if to == "mariadb" {
				require.Contains(t, text, "Function shop.secret is not carried over, because it is written for another engine.")
				return
			}
			// Those of the database name the source's, and a label needs who gives it meaning.
			statements = slices.DeleteFunc(statements, func(s string) bool {
				return strings.Contains(s, " DATABASE ") || strings.HasPrefix(s, "SECURITY LABEL")
			})
			target.exec(t, statements...)
			require.Equal(t, []string{app}, target.column(t, "SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = 'shop.orders'::regclass"))
			again := migrate(t, target, newEnd(t, to))
			require.ElementsMatch(t, statements, byHand(again.Notes), "what was done by hand is as it was")
			target.exec(t, `DROP OWNED BY `+app+`, `+reader+` CASCADE`)
		})
	}
}

func TestDefinersAndGrantsAreListed(t *testing.T) {
	for name, server := range map[string]func(testing.TB, ...string) *servertest.Database{"MariaDB": servertest.PrivateMariaDB, "MySQL": servertest.PrivateMySQL} {
		t.Run(name, func(t *testing.T) {
			d := server(t)
			source := mariadbEnd(t, d)
			source.exec(t, "CREATE USER 'rea''der'@'%' IDENTIFIED BY 'p'", "CREATE USER app@localhost IDENTIFIED BY 'p'",
				"CREATE TABLE orders (id INT PRIMARY KEY, note TEXT)", "CREATE TABLE left_out (id INT PRIMARY KEY)",
				"CREATE DEFINER=app@localhost VIEW v AS SELECT id FROM orders", "CREATE DEFINER=app@localhost PROCEDURE p() SELECT 1",
				"CREATE DEFINER=app@localhost TRIGGER tr BEFORE INSERT ON orders FOR EACH ROW SET NEW.note = ''",
				"CREATE DEFINER=app@localhost EVENT e ON SCHEDULE EVERY 1 DAY DO SELECT 1",
				"GRANT SELECT ON orders TO 'rea''der'@'%' WITH GRANT OPTION", "GRANT UPDATE (note) ON orders TO app@localhost",
				"CREATE FUNCTION f() RETURNS INT DETERMINISTIC RETURN 1", "GRANT EXECUTE, ALTER ROUTINE ON PROCEDURE p TO app@localhost WITH GRANT OPTION",
				"GRANT EXECUTE ON FUNCTION f TO 'rea''der'@'%'",
				"GRANT EXECUTE, SELECT ON `"+strings.ReplaceAll(d.Name, "_", `\_`)+"`.* TO app@localhost", "GRANT SELECT ON left_out TO app@localhost")
			place := "`" + d.Name + "`."
			for _, to := range []string{"mysql", "sqlite"} {
				target := newEnd(t, "sqlite")
				if to == "mysql" {
					target = mariadbEnd(t, server(t))
				}
				report := migrateBut(t, source, target, []string{d.Name + ".left[_]out"}...)
				require.Empty(t, report.Failed, to)
				var definers, grants []string
				for _, s := range byHand(report.Notes) {
					if strings.HasPrefix(s, "GRANT ") {
						grants = append(grants, strings.ReplaceAll(s, `\'`, `''`))
					} else {
						definers = append(definers, s)
					}
				}
				kinds := []string{"PROCEDURE " + place + "`p` had DEFINER=app@localhost", "TRIGGER " + place + "`tr` had DEFINER=app@localhost", "EVENT " + place + "`e` had DEFINER=app@localhost"}
				if to == "mysql" { // elsewhere the view does not go along, which is told of itself
					kinds = append(kinds, "VIEW "+place+"`v` had DEFINER=app@localhost")
					require.Contains(t, summed(t, report), "Definers of schema "+d.Name+" (4) are not carried over, because what is made belongs to the user who migrates: ")
				}
				require.ElementsMatch(t, kinds, definers, to)
				require.Len(t, grants, 5, to)
				require.Contains(t, grants, "GRANT ALTER ROUTINE, EXECUTE ON PROCEDURE "+place+"`p` TO 'app'@'localhost' WITH GRANT OPTION")
				require.Contains(t, grants, "GRANT EXECUTE ON FUNCTION "+place+"`f` TO 'rea''der'@'%'")
				require.Contains(t, grants, "GRANT SELECT ON "+place+"`orders` TO 'rea''der'@'%' WITH GRANT OPTION")
				require.Contains(t, grants, "GRANT UPDATE (`note`) ON "+place+"`orders` TO 'app'@'localhost'")
				require.Contains(t, grants, "GRANT EXECUTE, SELECT ON "+place+"* TO 'app'@'localhost'")
			}
		})
	}
}

// TestNumbersOfAnSQLiteFileGoAlong: migrations of a schema count in user_version.
func TestNumbersOfAnSQLiteFileGoAlong(t *testing.T) {
	source, target := newEnd(t, "sqlite"), newEnd(t, "sqlite")
	source.exec(t, "CREATE TABLE t (id INTEGER PRIMARY KEY)", "PRAGMA user_version = -42", "PRAGMA application_id = 1196444487")
	report := migrate(t, source, target)
	require.True(t, report.Complete())
	require.Empty(t, report.Notes)
	require.Equal(t, []string{"-42"}, target.column(t, "PRAGMA user_version"))
	require.Equal(t, []string{"1196444487"}, target.column(t, "PRAGMA application_id"))

	taken := newEnd(t, "sqlite")
	taken.exec(t, "CREATE TABLE mine (id INTEGER)", "PRAGMA user_version = 7")
	report = migrate(t, source, taken)
	require.Equal(t, []string{"7"}, taken.column(t, "PRAGMA user_version"), "what the target counts is not overwritten")
	require.Contains(t, summed(t, report), "user_version")

	report = migrate(t, source, newEnd(t, "postgresql-18"))
	require.Contains(t, summed(t, report), "user_version is not carried over, because only SQLite's files have it.")
}
