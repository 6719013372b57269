package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"

	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// programDir is where the program for the tests lies, once there is one.
var programDir string

// built makes the program, once for all tests.
var built = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "whimbrel-command-")
	if err != nil {
		return "", err
	}
	programDir = dir
	path := filepath.Join(dir, "whimbrel")
	out, err := exec.CommandContext(context.Background(), "go", "build", "-o", path, ".").CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%w: %s", err, out)
	}
	return path, err
})

func TestMain(m *testing.M) {
	code := m.Run()
	servertest.Cleanup()
	if programDir != "" {
		_ = os.RemoveAll(programDir)
	}
	os.Exit(code)
}

func build(t *testing.T) string {
	t.Helper()
	path, err := built()
	require.NoError(t, err)
	return path
}

// result is what a run of the program said.
type result struct {
	code        int
	stdout, all string
}

func call(t *testing.T, program string, args ...string) result {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Env = append(os.Environ(), "HOME="+t.TempDir(), "XDG_CONFIG_HOME="+t.TempDir())
	var stdout, stderr strings.Builder
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		require.ErrorContains(t, err, "exit status")
	}
	return result{cmd.ProcessState.ExitCode(), stdout.String(), stdout.String() + stderr.String()}
}

func written(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func sqliteFile(t *testing.T, statements ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "data.db")
	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	for _, s := range statements {
		_, err := db.ExecContext(context.Background(), s)
		require.NoError(t, err)
	}
	return path
}

func count(t *testing.T, path, query string) (n int) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	require.NoError(t, db.QueryRowContext(context.Background(), query).Scan(&n))
	return n
}

var shop = []string{
	"CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT)", "INSERT INTO item VALUES (1, 'a'), (2, 'b')",
	"CREATE TABLE log_a (n INTEGER)", "INSERT INTO log_a VALUES (1)",
}

func TestUsage(t *testing.T) {
	program := build(t)
	source := "sqlite:" + sqliteFile(t, shop...)
	target := "sqlite:" + filepath.Join(t.TempDir(), "new.db")
	migrate := func(flags ...string) []string { return append([]string{"migrate", source, target}, flags...) }
	cases := map[string]struct {
		args []string
		want string
	}{
		"unknown flag":        {migrate("--nonsense"), "--nonsense"},
		"one argument":        {[]string{"migrate", source}, "SOURCE and TARGET"},
		"unknown scheme":      {[]string{"migrate", "oracle://u:s3cret@h/d", target}, "oracle"},
		"no scheme":           {[]string{"migrate", "data.db", target}, "data.db"},
		"unknown setting":     {migrate("--task-settings", written(t, "s.json", `{"TargetMetadata":{"Nonsense":1}}`)), "TargetMetadata.Nonsense"},
		"setting for later":   {migrate("--task-settings", written(t, "s.json", `{"TargetMetadata":{"ParallelApplyThreads":4}}`)), "streaming"},
		"missing settings":    {migrate("--task-settings", "/nowhere.json"), "nowhere"},
		"bad mapping":         {migrate("--table-mappings", written(t, "m.json", `{"rules":[{"rule-type":"selection"}]}`)), "rules[0]"},
		"bad rate":            {migrate("--rate-limit", "fast"), "rows/s"},
		"bad prep":            {migrate("--prep", "burn"), "truncate, drop or append"},
		"bad parallelism":     {migrate("--parallelism", "99"), "1 to 49"},
		"migration type":      {migrate("--migration-type", "changes"), "want one of full-load, full-load-and-cdc, cdc"},
		"inspect to nowhere":  {[]string{"inspect", source, "--to", "oracle"}, "--to"},
		"configuration":       {migrate("--config", written(t, "c.yaml", "migrate:\n  nonsense: 1\n")), "nonsense"},
		"configured command":  {migrate("--config", written(t, "c.yaml", "fly:\n  x: 1\n")), "fly"},
		"mappings and --only": {migrate("--only", "main.%", "--table-mappings", "x.json"), "only"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			r := call(t, program, c.args...)
			require.Equal(t, exitUsage, r.code, r.all)
			require.Contains(t, r.all, c.want)
			require.NotContains(t, r.all, "s3cret")
		})
	}
	for _, command := range []string{"migrate", "inspect", "demo"} {
		r := call(t, program, command, "--help")
		require.Equal(t, exitOK, r.code)
		require.Contains(t, r.stdout, "Examples:", command)
	}
	require.Equal(t, exitOK, call(t, program, "completion", "bash").code)
	require.Contains(t, call(t, program, "__complete", "migrate", source, target, "--prep", "").stdout, "truncate")
}

func TestMigrateCommand(t *testing.T) {
	program := build(t)
	from := sqliteFile(t, shop...)
	to := filepath.Join(t.TempDir(), "new.db")
	source, target := "sqlite:"+from, "sqlite:"+to

	r := call(t, program, "migrate", source, target, "--dry-run")
	require.Equal(t, exitOK, r.code, r.all)
	require.Contains(t, r.stdout, "CREATE TABLE item")
	if _, err := os.Stat(to); err == nil {
		require.Zero(t, count(t, to, "SELECT count(*) FROM sqlite_schema"), "a dry run changes nothing")
	}

	r = call(t, program, "migrate", source, target, "--json", "--exclude", "main.log[_]%")
	require.Equal(t, exitOK, r.code, r.all)
	var report struct {
		Complete bool
		Rows     int64
	}
	require.NoError(t, json.Unmarshal([]byte(r.stdout), &report), r.stdout)
	require.True(t, report.Complete)
	require.Equal(t, int64(2), report.Rows)
	require.Zero(t, count(t, to, "SELECT count(*) FROM sqlite_schema WHERE name = 'log_a'"))

	r = call(t, program, "migrate", source, target, "--only", "main.item")
	require.Equal(t, exitFailed, r.code, r.all)
	require.Contains(t, r.all, "--prep truncate")
	r = call(t, program, "migrate", source, target, "--only", "main.item", "--prep", "truncate")
	require.Equal(t, exitOK, r.code, r.all)
	require.Equal(t, 2, count(t, to, "SELECT count(*) FROM item"))

	// The same from a configuration file; and a row whose key is there makes the migration incomplete.
	r = call(t, program, "migrate", source, target, "--config", written(t, "c.yaml", "migrate:\n  prep: append\n  only: [main.item]\n"))
	require.Equal(t, exitIncomplete, r.code, r.all)

	r = call(t, program, "inspect", source, "--json", "--to", "postgres")
	require.Equal(t, exitOK, r.code, r.all)
	require.True(t, json.Valid([]byte(r.stdout)), r.stdout)
	require.Contains(t, call(t, program, "inspect", source).stdout, "item")
}

func TestPasswordsAreNeverPrinted(t *testing.T) {
	program := build(t)
	target := "sqlite:" + filepath.Join(t.TempDir(), "new.db")
	for _, url := range []string{
		"postgres://app:s3cret@127.0.0.1:1/shop", "mysql://app:s3cret@127.0.0.1:1/shop", "mariadb://app:s3cret@127.0.0.1:1/shop",
		"postgres://app:s3cret@[bad/shop", "postgres://app:s3cret@h:port/shop", "mysql://app:s3cret@h:port/shop", "postgres://h/shop?password=s3cret&nonsense=1",
		"mariadb://app:s3cret@h/shop?nonsense=1", "postgres://app:s3cret%zz@h/shop", "pg://app:s3cret@h/shop", "app:s3cret@h", "postgres://app@[h/x?password=s3cret",
	} {
		for _, args := range [][]string{{"migrate", url, target}, {"migrate", target, url}, {"inspect", url}} {
			r := call(t, program, args...)
			require.NotEqual(t, exitOK, r.code)
			require.NotContains(t, r.all, "s3cret", args)
		}
	}
}

func TestValidateCommand(t *testing.T) {
	program := build(t)
	path := sqliteFile(t, shop...)
	other := sqliteFile(t, append(shop, "UPDATE item SET name = 'x<y' WHERE id = 2", "INSERT INTO item VALUES (3, 'c')", "DELETE FROM log_a")...)
	source, target := "sqlite:"+path, "sqlite:"+other
	page := filepath.Join(t.TempDir(), "report.html")

	r := call(t, program, "validate", source, target, "--html", page)
	require.Equal(t, 3, r.code, r.all)
	require.Contains(t, r.stdout, "RECORD_DIFF    id=2")
	require.Contains(t, r.stdout, `name: "b" in the source, "x<y" in the target`)
	require.Contains(t, r.stdout, "MISSING_SOURCE id=3")
	require.Contains(t, r.stdout, "NOT equal: 3 rows differ, and 2 of 2 tables")
	html, err := os.ReadFile(page)
	require.NoError(t, err)
	require.Contains(t, string(html), "x&lt;y")
	require.Equal(t, 3, count(t, other, "SELECT count(*) FROM item"), "nothing is changed")

	var form struct {
		Equal  bool
		Tables []struct {
			Source   string
			Failed   int
			Repaired *struct{ Written, Removed int }
		}
	}
	r = call(t, program, "validate", source, target, "--json", "--only", "main.item", "--repair")
	require.Equal(t, 0, r.code, r.all)
	require.NoError(t, json.Unmarshal([]byte(r.stdout), &form), r.stdout)
	require.True(t, form.Equal)
	require.Len(t, form.Tables, 1)
	require.Equal(t, 1, form.Tables[0].Repaired.Written)
	require.Equal(t, 1, form.Tables[0].Repaired.Removed)
	require.Equal(t, 2, count(t, other, "SELECT count(*) FROM item"))

	require.Equal(t, 3, call(t, program, "validate", source, target).code, "log_a still differs")
	require.Equal(t, 0, call(t, program, "validate", source, target, "--repair").code)
	require.Equal(t, 0, call(t, program, "validate", source, target).code)
	require.Equal(t, 2, call(t, program, "validate", source).code)
	require.Equal(t, 2, call(t, program, "validate", source, target, "--max-failures", "0").code)
	require.Equal(t, 1, call(t, program, "validate", source, "sqlite:"+path).code, "one database is not compared with itself")
	empty := sqliteFile(t)
	r = call(t, program, "validate", source, "sqlite:"+empty)
	require.Equal(t, 3, r.code, r.all)
	require.Contains(t, r.stdout, "the target has no such table")
}

// A migration that was released by other flags than it was run with went on filling the source's log, and was told released.
func TestReleaseCommand(t *testing.T) {
	from, to := sqliteFile(t, shop...), filepath.Join(t.TempDir(), "new.db")
	source, target := "sqlite:"+from, "sqlite:"+to
	changes := func(command, target string, flags ...string) []string {
		return append([]string{command, source, target, "--migration-type", "full-load-and-cdc"}, flags...)
	}
	triggers := func() int { return count(t, from, "SELECT count(*) FROM sqlite_schema WHERE type = 'trigger'") }
	r := invoke(t, changes("migrate", target, "--only", "main.item", "--cutover", "--json")...)
	require.Equal(t, exitOK, r.code, r.all)
	followed := triggers()
	require.NotZero(t, followed)

	mistyped := filepath.Join(t.TempDir(), "nwe.db")
	for _, args := range [][]string{changes("release", target), changes("release", "sqlite:"+mistyped, "--only", "main.item")} {
		r = invoke(t, args...)
		require.Equal(t, exitFailed, r.code, r.all)
		require.Contains(t, r.all, "neither the source nor the target knows")
		require.Contains(t, r.all, "same source, target and flags")
		require.NotContains(t, r.all, "Released")
	}
	require.NoFileExists(t, mistyped)
	for _, args := range [][]string{
		changes("release", target, "--only", "main.item", "--dry-run"), changes("release", target, "--only", "main.item", "--json"),
		changes("reload", target, "--only", "main.item", "--table", "main.item", "--dry-run"),
	} {
		r = invoke(t, args...)
		require.Equal(t, exitUsage, r.code, r.all)
		require.Contains(t, r.all, "unknown flag")
	}
	require.Equal(t, followed, triggers(), "nothing was released")

	r = invoke(t, changes("release", target, "--only", "main.item")...)
	require.Equal(t, exitOK, r.code, r.all)
	require.Zero(t, triggers())
	require.Equal(t, exitFailed, invoke(t, changes("release", target, "--only", "main.item")...).code, "nobody knows it any more")
}

// The triggers go even where the target has been thrown away.
func TestReleaseWithoutItsTarget(t *testing.T) {
	from, to := sqliteFile(t, shop...), filepath.Join(t.TempDir(), "new.db")
	args := []string{"sqlite:" + from, "sqlite:" + to, "--migration-type", "full-load-and-cdc"}
	r := invoke(t, append(append([]string{"migrate"}, args...), "--cutover", "--json")...)
	require.Equal(t, exitOK, r.code, r.all)
	require.NoError(t, os.Remove(to))
	r = invoke(t, append([]string{"release"}, args...)...)
	require.Equal(t, exitOK, r.code, r.all)
	require.Zero(t, count(t, from, "SELECT count(*) FROM sqlite_schema WHERE type = 'trigger'"))
	require.NoFileExists(t, to)
}
