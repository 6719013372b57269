package task_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// TestMoneyOfOtherDecimals takes a source that counts yen and a target that counts cents: what is kept for one yen would be a cent there.
func TestMoneyOfOtherDecimals(t *testing.T) {
	locales := t.TempDir()
	if out, err := exec.Command("localedef", "-i", "ja_JP", "-f", "UTF-8", filepath.Join(locales, "ja_JP.utf8")).CombinedOutput(); err != nil {
		t.Skipf("SKIPPED, NOT TESTED: no locale with other decimals can be made: %v %s", err, out)
	}
	for dir := locales; dir != filepath.Dir(dir); dir = filepath.Dir(dir) { // the server is another user's
		_ = os.Chmod(dir, 0o755) //nolint:gosec // see above
		if filepath.Base(filepath.Dir(dir)) == filepath.Base(os.TempDir()) {
			break
		}
	}
	t.Setenv("LOCPATH", locales)
	source, target := postgresEnd(t, servertest.PrivatePostgreSQL(t, servertest.PostgreSQL18, "lc_monetary = 'ja_JP.utf8'")), newEnd(t, "postgresql-15")
	source.exec(t, "CREATE TABLE price (id int PRIMARY KEY, v money)", "INSERT INTO price VALUES (1, 1235::money)")
	_, err := run(t.Context(), config(source, target))
	require.ErrorContains(t, err, "column public.price.v is money, which has another number of decimals on the target")
	require.ErrorContains(t, err, "SET lc_monetary = 'ja_JP.utf8'")
	require.Empty(t, target.column(t, "SELECT relname FROM pg_class WHERE relname = 'price'"))
	migrate(t, source, newEnd(t, "sqlite"))
	other := postgresEnd(t, servertest.PrivatePostgreSQL(t, servertest.PostgreSQL18, "lc_monetary = 'ja_JP.utf8'"))
	migrate(t, source, other)
	require.Equal(t, []string{"1235"}, other.column(t, "SELECT v::numeric::text FROM price"))
}
