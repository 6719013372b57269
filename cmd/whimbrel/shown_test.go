package main

import (
	"encoding/json"
	"flag"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	_ "github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/servertest"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// shown is a database whose description by the commands is compared with golden files.
type shown struct {
	url string
	// names are spelled in the golden files by their values.
	names map[string]string
}

func postgresShop(t *testing.T) shown {
	d := servertest.PostgreSQL(t, servertest.PostgreSQL18)
	servertest.Exec(t, servertest.OpenDB(t, "pgx", d.URL), `CREATE TYPE mood AS ENUM ('good', 'bad')`,
		`CREATE TABLE customer (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name varchar(40) NOT NULL, feels mood, tags text[], "Größe" numeric(10,2) DEFAULT 1.5)`,
		`CREATE TABLE sale (id uuid PRIMARY KEY, customer bigint NOT NULL REFERENCES customer, doc jsonb, at timestamptz, note text)`,
		`CREATE INDEX by_note ON sale (lower(note)) WHERE note IS NOT NULL`, `CREATE VIEW happy AS SELECT id FROM customer WHERE feels = 'good'`,
		`CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'`, `CREATE TRIGGER touched BEFORE UPDATE ON sale FOR EACH ROW EXECUTE FUNCTION touch()`,
		`CREATE SEQUENCE ticket START 7`, `INSERT INTO customer (name) VALUES ('a'), ('b')`,
		`INSERT INTO sale SELECT gen_random_uuid(), 1, NULL, NULL, repeat('x', 300) FROM generate_series(1, 3000)`, `ANALYZE customer, sale`)
	return shown{d.URL, names(t, d)}
}

func mariadbShop(t *testing.T) shown {
	d := servertest.PrivateMariaDB(t) // a shared one has other databases, which inspect lists
	u, err := url.Parse(d.URL)
	require.NoError(t, err)
	servertest.Exec(t, servertest.OpenDB(t, "mysql", "whimbrel:secret@tcp("+u.Host+")/"+d.Name),
		"CREATE TABLE customer (id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, name VARCHAR(40) NOT NULL, feels ENUM('good','bad'), day YEAR, flags BIT(3), pic MEDIUMBLOB)",
		"CREATE TABLE sale (id INT PRIMARY KEY, customer BIGINT UNSIGNED NOT NULL, at DATETIME(3), lasts TIME, note TEXT, KEY by_note (note(10)), FOREIGN KEY (customer) REFERENCES customer (id))",
		"CREATE VIEW happy AS SELECT id FROM customer WHERE feels = 'good'", "CREATE TRIGGER touched BEFORE UPDATE ON sale FOR EACH ROW SET NEW.note = ''",
		"INSERT INTO customer (name) VALUES ('a'), ('b')", "INSERT INTO sale SELECT seq, 1, NULL, NULL, REPEAT('x', 300) FROM seq_1_to_3000", "ANALYZE TABLE customer, sale")
	return shown{d.URL, names(t, d)}
}

func names(t *testing.T, d *servertest.Database) map[string]string {
	t.Helper()
	u, err := url.Parse(d.URL)
	require.NoError(t, err)
	return map[string]string{u.Host: "HOST", "/" + d.Name: "/DB", d.Name + ".": "DB.", "`" + d.Name + "`": "`DB`", `"` + d.Name + `"`: `"DB"`, "schema " + d.Name + ":": "schema DB:", "schema " + d.Name + " ": "schema DB "}
}

func sqliteShop(t *testing.T) shown {
	path := sqliteFile(t, "CREATE TABLE customer (id INTEGER PRIMARY KEY, name TEXT NOT NULL, paid DECIMAL(10,2) DEFAULT 0, born DATE, pic BLOB)",
		"CREATE TABLE sale (id INTEGER PRIMARY KEY, customer INTEGER NOT NULL REFERENCES customer, note TEXT)", "CREATE INDEX by_note ON sale (lower(note))",
		"CREATE VIEW happy AS SELECT id FROM customer", "CREATE TRIGGER touched AFTER UPDATE ON sale BEGIN DELETE FROM sale WHERE id = 0; END", "PRAGMA user_version = 3",
		"INSERT INTO customer (name) VALUES ('a'), ('b')",
		"WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) INSERT INTO sale SELECT i, 1, printf('%.300c', 'x') FROM n")
	return shown{"sqlite:" + path, map[string]string{path: "PATH"}}
}

var (
	sizes     = regexp.MustCompile(`, [0-9.]+ (B|kB|MB)(,)`)
	rowCounts = regexp.MustCompile(`about [0-9,]+ rows`)
	versions  = regexp.MustCompile(`\((postgres|mariadb|sqlite) [^)]*\)`)
	segments  = regexp.MustCompile(`in \d+ segments\n(--   segment .*\n)+`)
)

// steady takes out of a text what differs from run to run: estimates, versions, and the names of servers.
func (s shown) steady(text string) string {
	for from, to := range s.names {
		text = strings.ReplaceAll(text, from, to)
	}
	text = rowCounts.ReplaceAllString(sizes.ReplaceAllString(text, ", SIZE$2"), "about N rows")
	return segments.ReplaceAllString(versions.ReplaceAllString(text, "($1 VERSION)"), "in several segments\n")
}

// steadyJSON does so with what --json prints, which programs read by its keys.
func (s shown) steadyJSON(t *testing.T, text string) string {
	t.Helper()
	var tree any
	require.NoError(t, json.Unmarshal([]byte(text), &tree), text)
	calm(tree)
	raw, err := json.MarshalIndent(tree, "", "  ")
	require.NoError(t, err)
	return s.steady(string(raw)) + "\n"
}

func calm(tree any) {
	switch v := tree.(type) {
	case map[string]any:
		for key, value := range v {
			switch list, _ := value.([]any); {
			case key == "estimated_rows" || key == "estimated_bytes":
				v[key] = "N"
			case key == "version":
				v[key] = "VERSION"
			case key == "segments" && len(list) > 1:
				v[key] = "several"
			default:
				calm(value)
			}
		}
	case []any:
		for _, value := range v {
			calm(value)
		}
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o750))
		require.NoError(t, os.WriteFile(path, []byte(got), 0o600))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), got)
}

// TestInspectAndDryRunGolden compares what the commands say of a small shop in each engine with golden files: alone, for a move to another
// engine, and as a dry run, which changes nothing.
func TestInspectAndDryRunGolden(t *testing.T) {
	shops := map[string]func(*testing.T) shown{"postgres": postgresShop, "mariadb": mariadbShop, "sqlite": sqliteShop}
	targets := map[string]string{"postgres": "mariadb", "mariadb": "sqlite", "sqlite": "postgres"}
	for engine, newShop := range shops {
		t.Run(engine, func(t *testing.T) {
			s := newShop(t)
			to := targets[engine]
			for name, args := range map[string][]string{"inspect_" + engine: {"inspect", s.url}, "inspect_" + engine + "_to_" + to: {"inspect", s.url, "--to", to}} {
				r := invoke(t, args...)
				require.Equal(t, exitOK, r.code, r.all)
				golden(t, name+".txt", s.steady(r.stdout))
				r = invoke(t, append(args, "--json")...)
				require.Equal(t, exitOK, r.code, r.all)
				golden(t, name+".json", s.steadyJSON(t, r.stdout))
			}
			target := filepath.Join(t.TempDir(), "new.db")
			address, there := "sqlite:"+target, map[string]string{target: "TARGET"}
			if to != "sqlite" {
				server := servertest.MariaDB
				if to == "postgres" {
					server = func(t testing.TB) *servertest.Database { return servertest.PostgreSQL(t, servertest.PostgreSQL18) }
				}
				d := server(t)
				address, there = d.URL, names(t, d)
			}
			for from, as := range there {
				s.names[from] = strings.ReplaceAll(as, "DB", "NEW")
			}
			args := []string{"migrate", s.url, address, "--dry-run", "--segment-size", "100kB"}
			r := invoke(t, args...)
			require.Equal(t, exitOK, r.code, r.all)
			golden(t, "dry_run_"+engine+"_to_"+to+".txt", s.steady(r.stdout))
			r = invoke(t, append(args, "--json")...)
			require.Equal(t, exitOK, r.code, r.all)
			golden(t, "dry_run_"+engine+"_to_"+to+".json", s.steadyJSON(t, r.stdout))
			if to == "sqlite" {
				require.NoFileExists(t, target, "a dry run changes nothing")
				return
			}
			r = invoke(t, "inspect", address, "--json")
			require.NotContains(t, r.stdout, "customer", "a dry run changes nothing")
		})
	}
}
