package task_test

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/task"
	"github.com/whimbreldb/whimbrel/internal/task/cdc"
)

// failure is one that a user meets. It is made to happen on a real server; what the message says is done; then the run succeeds.
type failure struct {
	engine, name string
	// says is what the message has in the database's own words, mend what it says to do.
	says, mend string
	// arrange makes the run fail; what it returns does what mend says.
	arrange func(t *testing.T, c *task.Config) (mend func())
}

// TestMendsPage holds the table in docs/operations.md to the failures that are proved: WHIMBREL_UPDATE=1 writes it.
func TestMendsPage(t *testing.T) {
	const file, begin, end = "../../docs/operations.md", "<!-- mends: WHIMBREL_UPDATE=1 go test ./internal/task -run TestMendsPage -->\n", "<!-- end of the mends -->"
	var table strings.Builder
	table.WriteString("| database | failure | the message has | and says what to do |\n| --- | --- | --- | --- |\n")
	cell := strings.NewReplacer("|", "\\|")
	code := func(s string) string {
		if strings.Contains(s, "`") {
			return "`` " + cell.Replace(s) + " ``"
		}
		return "`" + cell.Replace(s) + "`"
	}
	for _, f := range slices.Concat((&postgresMends{}).failures(), (&mariadbMends{engine: "MariaDB"}).failures(), (&mariadbMends{engine: mysqlEngine}).failures(), sqliteFailures(), storeFailures()) {
		require.NotEmpty(t, f.mend, f.name)
		table.WriteString("| " + f.engine + " | " + f.name + " | " + code(f.says) + " | " + code(f.mend) + " |\n")
	}
	page, err := os.ReadFile(file)
	require.NoError(t, err)
	before, rest, ok := strings.Cut(string(page), begin)
	require.True(t, ok)
	_, after, ok := strings.Cut(rest, end)
	require.True(t, ok)
	want := before + begin + table.String() + end + after
	if os.Getenv("WHIMBREL_UPDATE") != "" {
		require.NoError(t, os.WriteFile(file, []byte(want), 0o644))
		return
	}
	require.Equal(t, want, string(page))
}

// moving is a migration that ends by itself: a full load, or one with the changes until then.
func moving(source, target *end, changes bool) *task.Config {
	c := config(source, target)
	c.Settings.ErrorBehavior.RecoverableErrorCount = 0
	c.Settings.ErrorBehavior.TableErrorPolicy = "STOP_TASK"
	if changes {
		c.Type, c.ChangeStats, c.Stop.CaughtUp = task.FullLoadAndCDC, &cdc.Stats{}, true
	}
	return &c
}

// proveMends runs every failure, and its mend.
func proveMends(t *testing.T, failures []failure) {
	for _, f := range failures {
		t.Run(strings.ReplaceAll(f.name, " ", "_"), func(t *testing.T) {
			var c task.Config
			mend := f.arrange(t, &c)
			err := tried(c)
			require.Error(t, err)
			t.Log(err)
			require.ErrorContains(t, err, f.says)
			require.ErrorContains(t, err, strings.ReplaceAll(f.mend, "DB", databaseOf(&c)))
			require.NotContains(t, err.Error(), "hunter2", "the password is told")
			mend()
			require.NoError(t, tried(c), "what the message said to do was done")
		})
	}
}

// databaseOf is the database that a case has at the server which is broken. In what the message says to do, and in the page, it is called DB.
func databaseOf(c *task.Config) string {
	for _, at := range []string{c.Source.URL, c.Target.URL} {
		if u, err := url.Parse(at); err == nil && u.Scheme != "sqlite" {
			return strings.TrimPrefix(u.Path, "/")
		}
	}
	return ""
}

// tried is how a run ends, the errors of its tables included.
func tried(c task.Config) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	report, err := run(ctx, c)
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("the run has not ended by itself: %w", err)
	}
	for _, table := range report.Tables {
		if table.Err != nil {
			return table.Err
		}
	}
	return nil
}
