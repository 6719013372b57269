package serve_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// guide runs docs/getting-started.sh with the stock aws command.
func guide(t testing.TB, folder string, env ...string) string {
	t.Helper()
	client(t, "/usr/bin/aws")
	program, err := servertest.Program()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), "sh", "../../docs/getting-started.sh")
	cmd.Env = append([]string{
		"PATH=/usr/local/bin:/usr/bin:/bin", "HOME=" + folder, "WHIMBREL=" + program, "FOLDER=" + folder, "LISTEN=127.0.0.1:0", "AWS_CONFIG_FILE=/dev/null", "AWS_PAGER=",
	}, env...)
	out, err := cmd.CombinedOutput()
	log, _ := os.ReadFile(filepath.Join(folder, "serve.log"))
	require.NoError(t, err, "%s\n%s", out, log)
	require.NotContains(t, string(out)+string(log), "a secret of the guide")
	return string(out)
}

// TestTheGuide is what a newcomer pastes: the sample shop in SQLite.
func TestTheGuide(t *testing.T) {
	t.Parallel()
	began := time.Now()
	out := guide(t, servertest.ShortDir(t))
	took := time.Since(began)
	t.Logf("the guide took %s", took.Round(time.Millisecond))
	require.Less(t, took, 5*time.Minute, "a newcomer's patience")
	for _, want := range []string{"main\torders\tTable completed", "main\tcustomers\tTable completed", "stopped"} {
		require.Contains(t, out, want)
	}
}

// TestTheGuideBetweenServers goes the same way from PostgreSQL to MariaDB and back, and compares the rows.
func TestTheGuideBetweenServers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ from, to func(testing.TB) *shop }{{postgresShop, mariadbShop}, {mariadbShop, postgresShop}} {
		source, target := c.from(t), c.to(t)
		t.Run(source.engine+" to "+target.engine, func(t *testing.T) {
			t.Parallel()
			source.stock(t, 3000)
			arrives, into := source.name, target.endpoint() // a schema keeps its name, and a database of MariaDB is one
			if !target.postgres {
				arrives, into = target.name, append(into, "--my-sql-settings", "TargetDbType=specific-database")
			}
			out := guide(t, servertest.ShortDir(t), "NO_SHOP=1", "SCHEMA="+source.schema, "SOURCE="+strings.Join(source.endpoint(), " "), "TARGET="+strings.Join(into, " "))
			require.Contains(t, out, "orders\tTable completed\t3000")
			arrivesNow(t, source, target, arrives)
		})
	}
}

func arrivesNow(t testing.TB, source, target *shop, schema string) {
	t.Helper()
	for _, table := range []string{"customer", "orders"} {
		require.Equal(t, source.rows(t, "", table), target.rows(t, schema, table), table)
	}
}
