package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestAssess goes from a pair that is not ready to one that is, through what the report says.
func TestAssess(t *testing.T) {
	program := build(t)
	source, target := sqliteFile(t, append(shop, "PRAGMA journal_mode=WAL")...), sqliteFile(t, "CREATE TABLE log_a (n INTEGER)")
	page := filepath.Join(t.TempDir(), "page.html")
	assess := func(flags ...string) result {
		return call(t, program, append([]string{"assess", "sqlite:" + source, "sqlite:" + target}, flags...)...)
	}
	const bare = "target-table-has-unique-key-or-primary-key-for-cdc"

	r := assess("--type", "full-load-and-cdc", "--json", "--html", page)
	require.Equal(t, exitIncomplete, r.code, r.all)
	var report struct {
		Status      string
		Failed      int
		Assessments []struct {
			Name, Status string
			Findings     []struct{ Object, Reason, Mend string }
		}
		Moves struct{ Tables []struct{ Source string } }
	}
	require.NoError(t, json.Unmarshal([]byte(r.stdout), &report))
	require.Equal(t, "failed", report.Status)
	require.Equal(t, 1, report.Failed)
	require.Len(t, report.Moves.Tables, 2)
	for _, a := range report.Assessments {
		require.Equal(t, a.Name == bare, a.Status == "failed", a.Name)
		if a.Name == bare {
			require.Equal(t, "main.log_a", a.Findings[0].Object)
			require.Contains(t, a.Findings[0].Mend, "CREATE TABLE")
		}
	}
	html, err := os.ReadFile(page)
	require.NoError(t, err)
	for _, want := range []string{"Not ready.", "main.log_a", "What does not move", bare} {
		require.Contains(t, string(html), want)
	}

	r = assess("--type", "full-load-and-cdc")
	require.Equal(t, exitIncomplete, r.code, r.all)
	require.Contains(t, r.stdout, "mend: make the table anew with a primary key")

	require.Equal(t, exitOK, assess("--type", "full-load-and-cdc", "--skip", bare).code)
	require.Equal(t, exitOK, assess("--type", "full-load-and-cdc", "--only", "main.item").code)
	r = assess() // a full load does not ask for keys
	require.Equal(t, exitOK, r.code, r.all)
	require.NotContains(t, r.stdout, bare)

	for _, wrong := range [][]string{{"--check", bare}, {"--type", "all"}, {"--check", "no-such"}} {
		require.Equal(t, exitUsage, assess(wrong...).code, wrong)
	}
	require.Zero(t, count(t, target, "SELECT count(*) FROM sqlite_schema WHERE name <> 'log_a'"), "the target is as it was")
	require.Zero(t, count(t, source, "SELECT count(*) FROM sqlite_schema WHERE name LIKE 'awsdms%'"), "the source is as it was")
}
