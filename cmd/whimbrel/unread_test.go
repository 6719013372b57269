package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestRepairTellsWhyARowStays has a table without a key whose source holds a row that cannot be read: a row that only the target has may be that one, so a
// repair leaves it, and the text, the JSON and the page say why. With a key it is known which row cannot be read, and all others are mended.
func TestRepairTellsWhyARowStays(t *testing.T) {
	const stays, unread = "it is not removed: it may be one of the rows of the source that cannot be read", "odd"
	from := sqliteFile(t, "CREATE TABLE item (id INTEGER PRIMARY KEY, n INTEGER)", "INSERT INTO item VALUES (1, 1), (2, 'odd')", "CREATE TABLE log_a (n INTEGER)", "INSERT INTO log_a VALUES (1), ('odd'), (2)")
	there := []string{"CREATE TABLE item (id INTEGER PRIMARY KEY, n BIGINT)", "INSERT INTO item VALUES (1, 5), (2, 2), (9, 9)", "CREATE TABLE log_a (n BIGINT)", "INSERT INTO log_a VALUES (1), (7)"}
	repair := func(flags ...string) (result, string) {
		to := sqliteFile(t, there...)
		r := invoke(t, append([]string{"validate", "sqlite:" + from, "sqlite:" + to, "--repair"}, flags...)...)
		require.Equal(t, exitIncomplete, r.code, r.all)
		require.Equal(t, 2, count(t, to, "SELECT count(*) FROM item"))
		require.Equal(t, 2, count(t, to, "SELECT n FROM item WHERE id = 2"), "the source's cannot be read")
		require.Equal(t, 1, count(t, to, "SELECT n FROM item WHERE id = 1"))
		require.Equal(t, 3, count(t, to, "SELECT count(*) FROM log_a WHERE n IN (1, 2, 7)"), "nothing is removed wrongly, and what is missing is there")
		return r, to
	}
	r, _ := repair()
	require.Contains(t, r.stdout, "not repaired: 7: "+stays)
	require.Contains(t, r.stdout, unread)

	page := filepath.Join(t.TempDir(), "page.html")
	r, _ = repair("--json", "--html", page)
	var form struct {
		Equal  bool
		Tables []struct {
			Source   string
			Failed   int
			Failures []struct{ Kind, Why string }
			Repaired *struct {
				Written, Removed int
				Refused          []struct {
					Key []string
					Why string
				}
			}
		}
	}
	require.NoError(t, json.Unmarshal([]byte(r.stdout), &form), r.stdout)
	require.False(t, form.Equal)
	require.Len(t, form.Tables, 2)
	for _, table := range form.Tables {
		require.NotNil(t, table.Repaired)
		if table.Source == "main.item" {
			require.Equal(t, 1, table.Failed)
			require.Equal(t, [2]int{1, 1}, [2]int{table.Repaired.Written, table.Repaired.Removed})
			require.Empty(t, table.Repaired.Refused)
			require.Equal(t, "RECORD_DIFF", table.Failures[0].Kind)
			require.Contains(t, table.Failures[0].Why, unread)
			continue
		}
		require.Equal(t, 2, table.Failed, "the row that cannot be read, and the one that stays")
		require.Equal(t, [2]int{1, 0}, [2]int{table.Repaired.Written, table.Repaired.Removed})
		require.Len(t, table.Repaired.Refused, 1)
		require.Equal(t, []string{"7"}, table.Repaired.Refused[0].Key)
		require.Equal(t, stays, table.Repaired.Refused[0].Why)
	}
	html, err := os.ReadFile(page)
	require.NoError(t, err)
	require.Contains(t, string(html), "<th>Not repaired</th>")
	require.Contains(t, string(html), stays)
	require.Contains(t, string(html), unread)
}
