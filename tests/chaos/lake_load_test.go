package chaos_test

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// loadKills is how often a load into files or Redshift is killed, in each form; WHIMBREL_CHAOS_KILLS raises it.
const loadKills = 4

// loadedTables are those that are loaded: one that fills parts of uploads, and a small one.
var loadedTables = []string{"freight", "account"}

// makeFreight fills a source with some 20 MB that compress to half of it.
func makeFreight(t *testing.T, source *end) {
	t.Helper()
	source.exec(t, "CREATE TABLE freight (id int PRIMARY KEY, n int NOT NULL, note varchar(2000))",
		"INSERT INTO freight SELECT g, g % 97, (SELECT string_agg(md5(g::text || i), '') FROM generate_series(1, 31) i) FROM generate_series(1, 20000) g",
		"CREATE TABLE account (id int PRIMARY KEY, n int NOT NULL, note varchar(2000))", "INSERT INTO account SELECT g, g % 7, repeat('n', g % 150) FROM generate_series(1, 3000) g")
}

// contentsBySQL tells of a table's rows: how many, how many of them have a key of their own, and a sum over all their values.
const contentsBySQL = `SELECT count(*) || ' ' || count(DISTINCT id) || ' ' || coalesce(sum(('x' || substr(md5(id || '|' || n || '|' || note), 1, 8))::bit(32)::bigint), 0) FROM `

// loadTarget is where a load is killed on its way to.
type loadTarget struct {
	*end
	flags []string
	files string // the folder with those of the tables; empty where there are none
	// contents tells of each table what a reader finds, in the form of contentsBySQL.
	contents func(t *testing.T) []string
	// journal holds while the target knows of an unfinished load.
	journal func() bool
	// staged is what lies there for no reader: uploads, their parts, hidden and staged files.
	staged func(t *testing.T) []string
	// whole looks at what a reader of files sees, once the process is dead.
	whole func(t *testing.T)
}

// TestKilledWhileLoadingFiles kills the program at random instants of a full load into CSV and Parquet, in a bucket and in a folder, and
// runs it again until it comes to its end, several times: with small files and with such as travel in several parts. After each kill
// the files are whole, none that was seen is another or gone, and no row is there twice; in the end each row is there once, and nothing
// is left of what had been begun.
func TestKilledWhileLoadingFiles(t *testing.T) {
	source := newEnd(t, pg)
	makeFreight(t, source)
	for _, store := range []string{"bucket", "folder"} {
		for _, format := range []string{"csv", "parquet"} {
			t.Run(store+" "+format, func(t *testing.T) {
				t.Parallel()
				killLoads(t, source, func(t *testing.T) *loadTarget { return newFilesTarget(t, store, format) }, loadSizes...)
			})
		}
	}
}

// TestKilledWhileLoadingSegmentsOfRules does the same with the segments that a parallel-load rule names: those that were done stay as
// they are, and the files of the others take no name that is there.
func TestKilledWhileLoadingSegmentsOfRules(t *testing.T) {
	source := newEnd(t, pg)
	makeFreight(t, source)
	rules := filepath.Join(t.TempDir(), "rules.json")
	require.NoError(t, os.WriteFile(rules, []byte(`{"rules":[
		{"rule-type":"selection","rule-id":"1","rule-name":"1","rule-action":"include","object-locator":{"schema-name":"public","table-name":"%"}},
		{"rule-type":"table-settings","rule-id":"2","rule-name":"2","object-locator":{"schema-name":"public","table-name":"freight"},
			"parallel-load":{"type":"ranges","columns":["id"],"boundaries":[["3000"],["6000"],["9000"],["12000"],["15000"],["18000"]]}}]}`), 0o600))
	for store, format := range map[string]string{"bucket": "csv", "folder": "parquet"} {
		t.Run(store+" "+format, func(t *testing.T) {
			var last *loadTarget
			killLoads(t, source, func(t *testing.T) *loadTarget {
				last = newFilesTarget(t, store, format)
				return last
			}, []string{"--table-mappings", rules})
			found, err := filepath.Glob(filepath.Join(last.files, "freight", "LOAD*"))
			require.NoError(t, err)
			require.GreaterOrEqual(t, len(found), 7, "each segment has files of its own")
		})
	}
}

// TestKilledWhileLoadingAWarehouse does the same with Redshift, whose rows travel through a bucket.
func TestKilledWhileLoadingAWarehouse(t *testing.T) {
	source := newEnd(t, pg)
	makeFreight(t, source)
	killLoads(t, source, newWarehouseTarget, loadSizes...)
}

// loadSizes are segments that take several parts, and small ones.
var loadSizes = [][]string{{"--segment-size", "16MiB"}, {"--segment-size", "256KiB"}}

// killLoads kills loads that are cut by each of the flags in turn.
func killLoads(t *testing.T, source *end, newTarget func(*testing.T) *loadTarget, cuts ...[]string) {
	random, where := dice(t), map[string]int{}
	var want []string
	for _, table := range loadedTables {
		want = append(want, source.texts(t, contentsBySQL+table)...)
	}
	for done, round := 0, 0; done < kills(t, loadKills); round++ {
		target := newTarget(t)
		done += killLoad(t, random, source, target, cuts[round%len(cuts)], want, where)
		require.Equal(t, want, target.contents(t))
		require.False(t, target.journal(), "the journal must go with the end of the run")
		require.Empty(t, target.staged(t), "what was begun is left")
	}
	t.Logf("kills by how far the load was: %v", where)
}

// killLoad kills and repeats one load until it succeeds, and counts its kills.
func killLoad(t *testing.T, random *rand.Rand, source *end, target *loadTarget, cut, want []string, where map[string]int) (killed int) {
	for {
		p := start(t, source, target.end, append(append(slices.Clone(cut), target.flags...), "--rate-limit", "12MB/s")...)
		longest := 3*time.Second + time.Duration(killed)*time.Second // so that it comes to its end on a busy machine too
		select {
		case <-p.ended:
		case <-time.After(time.Duration(random.Int64N(int64(longest)))):
			if err := p.cmd.Process.Kill(); !errors.Is(err, os.ErrProcessDone) {
				require.NoError(t, err)
			}
			<-p.ended
		}
		there, journal := target.contents(t), target.journal()
		if p.cmd.ProcessState.ExitCode() != -1 {
			unheard := strings.Contains(p.errors.String(), "the target is complete as it is") && !journal
			require.True(t, unheard || p.cmd.ProcessState.Success(), "%s\n%s", p.out.String(), p.errors.String())
			return killed
		}
		killed++
		where[loadPhase(there, want, journal)]++
		if len(target.staged(t)) > 0 {
			where["with uploads or staged files"]++
		}
		requireOnce(t, there)
		target.whole(t)
	}
}

// loadPhase names how far a load was.
func loadPhase(there, want []string, journal bool) string {
	all := fmt.Sprint(there) == fmt.Sprint(want)
	switch {
	case all && !journal:
		return "after the journal"
	case all:
		return "after the rows"
	case journal:
		return "among the rows"
	}
	return "before the journal"
}

// requireOnce requires that no key is there twice.
func requireOnce(t *testing.T, contents []string) {
	t.Helper()
	for i, text := range contents {
		var rows, keys int
		_, err := fmt.Sscan(text, &rows, &keys)
		require.NoError(t, err, text)
		require.Equal(t, keys, rows, "rows of %s are there twice", loadedTables[i])
	}
}

func newFilesTarget(t *testing.T, store, format string) *loadTarget {
	l := newLakeTarget(t, store, format)
	return &loadTarget{
		end: l.target, flags: []string{"--target-setting", "DataFormat=" + format}, files: filepath.Join(l.root, "public"),
		contents: l.contents,
		journal: func() bool {
			found, err := filepath.Glob(filepath.Join(l.root, "_awsdms_control", "load", "*", "*", "*", "plan.json"))
			return err != nil || len(found) > 0
		},
		staged: func(t *testing.T) []string { return stagedBelow(t, l.bucketDir()) },
		whole:  l.requireLoaded,
	}
}

// bucketDir is the folder with all that the store keeps.
func (l *lakeRun) bucketDir() string {
	if strings.HasPrefix(l.target.url, "s3:") {
		return filepath.Dir(l.root)
	}
	return l.root
}

// stagedBelow are the parts of uploads that the store keeps, and files under hidden names but for the lock of a folder.
func stagedBelow(t *testing.T, dir string) (found []string) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) || err == nil && d.IsDir() {
			return nil
		}
		if err == nil && !strings.HasPrefix(d.Name(), ".awsdms-claim-") && (strings.Contains(path, "/.sgwtmp/") || strings.HasPrefix(d.Name(), ".awsdms-") || strings.Contains(path, "whimbrel-staging/")) {
			found = append(found, path)
		}
		return err
	}))
	return found
}

// contents reads all files with DuckDB.
func (l *lakeRun) contents(t *testing.T) (out []string) {
	t.Helper()
	for _, table := range loadedTables {
		from := l.readBy(t, filepath.Join("public", table, "LOAD"), map[string]string{"id": "INT", "n": "INT", "note": "VARCHAR"})
		if from == "" {
			out = append(out, "0 0 0")
			continue
		}
		out = append(out, servertest.DuckDB(t, `SELECT concat(count(*), ' ', count(DISTINCT id), ' ', sum(('0x' || substr(md5(concat(id, '|', n, '|', note)), 1, 8))::BIGINT)) FROM `+from)...)
	}
	return out
}

// requireLoaded requires that the files are of a load, and that none that was seen before is another or gone: what a segment has brought stays.
func (l *lakeRun) requireLoaded(t *testing.T) {
	t.Helper()
	now := l.files(t)
	for name, text := range l.seen {
		require.Contains(t, now, name, "a file that was seen is gone")
		require.Equal(t, text, now[name], "file %s that was seen is another", name)
	}
	l.seen = map[string]string{}
	for name, text := range now {
		require.Regexp(t, `/LOAD[0-9A-F]{8}\.(csv|parquet)$`, name)
		l.seen[name] = text
	}
}

func newWarehouseTarget(t *testing.T) *loadTarget {
	r := servertest.NewRedshift(t)
	target := &end{kind: pg, url: r.URL(), db: servertest.OpenDB(t, "pgx", r.Behind.URL+"&default_query_exec_mode=simple_protocol")}
	return &loadTarget{
		end: target, flags: []string{"--target-setting", "BucketName=" + r.Bucket.Name},
		contents: func(t *testing.T) (out []string) {
			for _, table := range loadedTables {
				if target.number("SELECT count(*) FROM "+table) < 0 {
					out = append(out, "0 0 0")
					continue
				}
				out = append(out, target.texts(t, contentsBySQL+table)...)
			}
			return out
		},
		journal: func() bool { return target.marks("") > 0 },
		staged:  func(t *testing.T) []string { return stagedBelow(t, r.Bucket.Dir) },
		whole:   func(*testing.T) {},
	}
}
