package chaos_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// drawer is a source of files, to which files of changes are added.
type drawer struct {
	*end
	dir     string
	flags   []string
	files   int // of changes
	entries int // lines of the table entry, which has no key
}

const drawerTables = `{"TableCount": "2", "Tables": [
	{"TableName": "account", "TableOwner": "public", "TablePath": "public/account/", "TableColumnsTotal": "2", "TableColumns": [
		{"ColumnName": "id", "ColumnType": "INT4", "ColumnIsPk": "true"}, {"ColumnName": "n", "ColumnType": "INT4"}]},
	{"TableName": "entry", "TableOwner": "public", "TablePath": "public/entry/", "TableColumnsTotal": "1", "TableColumns": [
		{"ColumnName": "n", "ColumnType": "INT4", "ColumnNullable": "true"}]}]}`

// TestKilledWhileReadingALake kills the program at random instants while it loads files of CSV from a bucket and from a folder into
// PostgreSQL and follows those of changes that are added all the while. In the end each line was carried out once: the table without a
// key has each of its rows once, the other one what its last change said.
func TestKilledWhileReadingALake(t *testing.T) {
	for _, store := range []string{"bucket", "folder"} {
		t.Run(store, func(t *testing.T) {
			t.Parallel()
			random := dice(t)
			d, target := newDrawer(t, store), newEnd(t, pg)
			there := map[string]int{}
			for range kills(t, lakeKills) {
				p := start(t, d.end, target, append(d.flags, "--rate-limit", "15000rows/s")...)
				d.killSoon(t, random, p)
				there[d.arrived(target)]++
			}
			p := start(t, d.end, target, d.flags...)
			d.add(t)
			require.Eventually(t, func() bool { return target.number("SELECT count(*) FROM entry") >= int64(d.entries) }, runs, 100*time.Millisecond, "not all arrives")
			require.NoError(t, p.cmd.Process.Signal(syscall.SIGTERM))
			require.Zero(t, p.code(t, runs), "%s\n%s", p.out.String(), p.errors.String())
			require.Equal(t, []string{fmt.Sprintf("%d %d %d %d", d.entries, d.entries, 1, d.entries)}, target.texts(t, "SELECT concat(count(*), ' ', count(DISTINCT n), ' ', min(n), ' ', max(n)) FROM entry"))
			require.Equal(t, []string{fmt.Sprintf("%d %d", d.files, d.files)}, target.texts(t, "SELECT concat(min(n), ' ', max(n)) FROM account WHERE id <= 100"))
			require.Equal(t, int64(20000), target.number("SELECT count(*) FROM account"))
			t.Logf("kills by what had arrived: %v; %d files of changes", there, d.files)
		})
	}
}

func newDrawer(t *testing.T, store string) *drawer {
	d := &drawer{dir: t.TempDir(), end: &end{kind: "s3"}}
	d.url = "file://" + d.dir
	if store == "bucket" {
		b := servertest.S3(t)
		d.dir, d.url = filepath.Join(b.Dir, "dms"), b.URL("dms")
	}
	tables := filepath.Join(t.TempDir(), "tables.json")
	require.NoError(t, os.WriteFile(tables, []byte(drawerTables), 0o600))
	d.flags = []string{"--migration-type", "full-load-and-cdc", "--source-setting", "ExternalTableDefinition=@" + tables, "--source-setting", "CdcPath=changes"}
	var accounts, entries strings.Builder
	for n := 1; n <= 20000; n++ {
		fmt.Fprintf(&accounts, "%d,0\n", n)
	}
	for d.entries = 1; d.entries <= 5000; d.entries++ {
		fmt.Fprintf(&entries, "%d\n", d.entries)
	}
	d.entries--
	d.put(t, "public/account/LOAD00000001.csv", accounts.String())
	d.put(t, "public/entry/LOAD00000001.csv", entries.String())
	d.add(t)
	return d
}

// put adds a file, which appears whole.
func (d *drawer) put(t *testing.T, name, text string) {
	t.Helper()
	path := filepath.Join(d.dir, name)
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	draft := filepath.Join(filepath.Dir(d.dir), fmt.Sprintf("draft-%d", os.Getpid()))
	require.NoError(t, os.WriteFile(draft, []byte(text), 0o644))
	require.NoError(t, os.Rename(draft, path))
}

// add adds a file of changes: the accounts take its number, the entries go on.
func (d *drawer) add(t *testing.T) {
	t.Helper()
	d.files++
	var b strings.Builder
	for id := 1; id <= 100; id++ {
		d.entries++
		fmt.Fprintf(&b, "U,account,public,%d,%d\nI,entry,public,%d\n", id, d.files, d.entries)
	}
	d.put(t, fmt.Sprintf("changes/CDC%08d.csv", d.files), b.String())
}

// killSoon kills the program at a random instant while files are added.
func (d *drawer) killSoon(t *testing.T, random *rand.Rand, p *process) {
	t.Helper()
	end := time.After(time.Duration(random.Int64N(int64(4 * time.Second))))
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for alive := true; alive; {
		select {
		case <-p.ended:
			require.Fail(t, "the program ended by itself", "%s\n%s", p.out.String(), p.errors.String())
		case <-again.C:
			d.add(t)
		case <-end:
			alive = false
		}
	}
	if err := p.cmd.Process.Kill(); !errors.Is(err, os.ErrProcessDone) {
		require.NoError(t, err)
	}
	<-p.ended
}

// arrived names how far the target was.
func (d *drawer) arrived(target *end) string {
	switch n := target.number("SELECT count(*) FROM entry"); {
	case n <= 0:
		return "nothing"
	case n <= 5000:
		return "rows"
	}
	return "changes"
}
