package sqlite

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/datatype"
)

const (
	childVariable = "WHIMBREL_SQLITE_TEST_CHILD"
	killSegments  = 60
	killBatches   = 4
	killBatchRows = 1000
)

func killTable() *catalog.Table {
	return &catalog.Table{Name: catalog.Name{Schema: Schema, Name: "item"}, PrimaryKey: &catalog.Key{Columns: []string{"id"}},
		Columns: []*catalog.Column{
			{Name: "id", NativeType: "INTEGER", Type: datatype.Type{Kind: datatype.Int8}},
			{Name: "text", NativeType: "TEXT", Type: datatype.Type{Kind: datatype.NClob}},
		}}
}

// childLoad loads the segments that the journal does not know as done, and says each step on its output.
func childLoad(path string) {
	ctx := context.Background()
	target, err := Engine().OpenTarget(ctx, connector.Config{URL: "sqlite:" + path})
	must(err)
	table := killTable()
	if ok, err := target.Exists(ctx, catalog.Ref{Kind: catalog.TableRef, Name: table.Name}); err != nil || !ok {
		must(err)
		must(target.Exec(ctx, Dialect{}.Script(table, true).Create))
	}
	loaded, err := target.Journal().Read(ctx, "run")
	must(err)
	done := map[int]bool{}
	for _, l := range loaded {
		done[l.Segment.Number] = l.Done
	}
	for n := 1; n <= killSegments; n++ {
		if !done[n] {
			must(childSegment(ctx, target, table, n))
		}
	}
	must(target.Close())
}

func childSegment(ctx context.Context, target connector.Target, table *catalog.Table, n int) error {
	loader, err := target.Load(ctx, connector.LoadRequest{Table: table,
		Columns: []connector.LoadColumn{{Column: table.Columns[0], Layout: change.Int64}, {Column: table.Columns[1], Layout: change.Text}},
		Mark:    connector.Mark{Run: "run", Table: table.Name, Segment: connector.Segment{Number: n, Of: killSegments}}})
	if err != nil {
		return err
	}
	b := &change.Batch{}
	for batch := range killBatches {
		b.Reset([]change.Layout{change.Int64, change.Text})
		for row := range killBatchRows {
			// Keys of one segment are spread over the whole table, so that pages are split and journaled.
			b.Columns[0].AppendInt(int64((batch*killBatchRows+row)*killSegments + n))
			b.Columns[1].AppendString("some text that takes a little room on a page, row after row")
			b.EndRow()
		}
		fmt.Println("write", n, batch)
		if err := loader.Write(ctx, b); err != nil {
			return err
		}
	}
	fmt.Println("commit", n)
	err = loader.Commit(ctx, connector.Counts{Rows: killBatches * killBatchRows})
	fmt.Println("done", n)
	return err
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(3)
	}
}

// TestKill kills a loading process at a random step, again and again, until the load is complete. Each time the file
// must be sound and hold the rows of exactly the segments that the journal calls done.
func TestKill(t *testing.T) {
	for _, mode := range []string{"DELETE", "WAL"} {
		t.Run(mode, func(t *testing.T) {
			path := newFile(t, "PRAGMA journal_mode="+mode)
			kills := 0
			for finished := false; !finished; {
				finished = runAndKill(t, path)
				if !finished {
					kills++
				}
				checkKilled(t, path)
			}
			require.GreaterOrEqual(t, kills, 12)
			require.Equal(t, []string{fmt.Sprint(killSegments * killBatches * killBatchRows)}, rows(t, path, "SELECT count(*) FROM item"))
		})
	}
}

// runAndKill starts a child and kills it after a random number of its steps. It reports whether the child got to its end.
func runAndKill(t *testing.T, path string) bool {
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childVariable+"="+path)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, child.Start())
	steps := 1 + rand.IntN(4*(killBatches+2))
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if steps--; steps == 0 {
			// The child is now somewhere after the step it has announced.
			for range rand.IntN(200_000) {
				steps--
			}
			require.NoError(t, child.Process.Kill())
		}
	}
	err = child.Wait()
	var exit *exec.ExitError
	if err != nil {
		require.ErrorAs(t, err, &exit)
		require.False(t, exit.Exited(), "the child failed by itself: %v", err)
	}
	return err == nil
}

func checkKilled(t *testing.T, path string) {
	at, err := parseURL("sqlite:"+path, "rw")
	require.NoError(t, err)
	c, err := openConn(at, 2) // for writing: a hot journal is to be rolled back
	require.NoError(t, err)
	defer c.close()
	check := ""
	require.NoError(t, c.query("PRAGMA integrity_check", func(s *stmt) error { check = s.text(0); return nil }))
	require.Equal(t, "ok", check, filepath.Base(path))
	tables, err := c.number("SELECT count(*) FROM sqlite_schema WHERE name IN ('item', 'awsdms_load_progress')")
	require.NoError(t, err)
	if tables < 2 {
		return
	}
	wrong, err := c.number(fmt.Sprintf(`SELECT count(*) FROM (SELECT (id-1) %% %d + 1 AS segment, count(*) AS n FROM item GROUP BY 1) r
		FULL JOIN (SELECT segment, row_count FROM awsdms_load_progress WHERE done) j ON j.segment = r.segment WHERE n IS NOT row_count`, killSegments))
	require.NoError(t, err)
	require.Zero(t, wrong, "segments whose rows and marks do not agree")
}
