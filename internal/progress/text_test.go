package progress

import (
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/task/fullload"
)

func loading(rows, bytes, of int64) fullload.TableCounts {
	return fullload.TableCounts{Source: catalog.Name{Schema: "s", Name: "t"}, State: fullload.FullLoad, Rows: rows, Bytes: bytes, TotalRows: of, TotalBytes: 10 * of, Started: time.Unix(100, 0)}
}

func TestTextOfTable(t *testing.T) {
	now := time.Unix(110, 0)
	c := loading(250_000, 50_000_000, 1_000_000)
	for width, want := range map[int]string{
		80: " 25%, 250,000 rows, 50.0 MB, 25k rows/s, 5.0 MB/s, ETA 30s",
		50: " 25%, 250,000 rows, 25k rows/s, 5.0 MB/s, ETA 30s",
		40: " 25%, 25k rows/s, 5.0 MB/s, ETA 30s",
		30: " 25%, 5.0 MB/s, ETA 30s",
		15: " 25%, ETA 30s",
		3:  " 25%",
	} {
		require.Equal(t, want, tableText(&c, now, width))
	}
	c.EarlierRows = 500_000
	require.Equal(t, " 75%, 250,000 rows, 50.0 MB, 25k rows/s, 5.0 MB/s, ETA 10s", tableText(&c, now, 80), "an earlier run's rows are no work of this one")
	c.State = fullload.Building
	require.Equal(t, "building keys and indexes, 250,000 rows", tableText(&c, now, 80))
	unknown := loading(10, 100, -1)
	require.Equal(t, "  0%, 10 rows, 100 B, 1 rows/s, 10 B/s", tableText(&unknown, now, 80), "what nobody knows is not guessed")
	unknown.Segments, unknown.SegmentsDone = 4, 1
	require.Equal(t, " 25%, 10 rows, 100 B, 1 rows/s, 10 B/s, ETA 30s", tableText(&unknown, now, 80))
	fresh := loading(0, 0, 100)
	require.Equal(t, "  0%, 0 rows, 0 B, 0 rows/s, 0 B/s", tableText(&fresh, now, 80))
}

func TestTextOfTotal(t *testing.T) {
	done, failed, waiting := loading(100, 1000, 100), loading(0, 0, 100), loading(0, 0, 100)
	done.State, failed.State, waiting.State = fullload.Completed, fullload.Failed, fullload.BeforeLoad
	waiting.Rejected = 2
	sum := Sum([]fullload.TableCounts{done, failed, loading(50, 500, 100), waiting}, time.Unix(100, 0), time.Unix(110, 0))
	require.Equal(t, " 62%, 2/4 tables, 150 rows, 1.5 kB, 15 rows/s, 150 B/s, ETA 6s", totalText(&sum, 100))
	require.Equal(t, " 62%, 2/4 tables, ETA 6s", totalText(&sum, 30))
	require.Equal(t, int64(2), sum.Rejected)
	before := loading(0, 0, 100)
	before.State, before.EarlierRows = fullload.Completed, 100
	going := loading(50, 500, 100)
	sum = Sum([]fullload.TableCounts{before, going}, time.Unix(100, 0), time.Unix(110, 0))
	require.Equal(t, 10*time.Second, sum.ETA(), "half a table in ten seconds, and half of one is left")
	require.Zero(t, Total{}.ETA())
	require.Empty(t, othersText(0, 0))
	require.Equal(t, "… and 3 more active, 1,200 waiting", othersText(3, 1200))
}

func TestLinesOfTables(t *testing.T) {
	var out strings.Builder
	log := slog.New(slog.NewTextHandler(&out, nil))
	done, failed := loading(100, 1000, 100), loading(0, 0, 100)
	done.State, done.Ended = fullload.Completed, time.Unix(102, 0)
	failed.State, failed.Ended, failed.Err = fullload.Failed, time.Unix(103, 0), errors.New("refused")
	tables, told := []fullload.TableCounts{done, failed, loading(1, 1, 100)}, map[int]bool{}
	tellEnded(log, tables, told)
	tellEnded(log, tables, told)
	tellTotal(log, Sum(tables, time.Unix(100, 0), time.Unix(110, 0)))
	require.Equal(t, 3, strings.Count(out.String(), "\n"), "each table once: %s", out.String())
	for _, want := range []string{`msg="table loaded" table=s.t rows=100 bytes=1000 rejected=0 seconds=2`, `level=ERROR msg="table not loaded" table=s.t error=refused`,
		`msg=loading tables=3 done=1 rows=101 bytes=1001 percent=67 rows_per_second=10 bytes_per_second=100 eta=5s`} {
		require.Contains(t, out.String(), want)
	}
	require.NotContains(t, out.String(), "\x1b")
}
