package progress

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/sys/unix"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/task/fullload"
)

// terminal is a pseudo terminal of a width, which remembers what was written to it.
type terminal struct {
	*os.File
	mu   sync.Mutex
	seen bytes.Buffer
}

func newTerminal(t *testing.T, columns uint16) *terminal {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	require.NoError(t, err)
	fd := int(master.Fd())
	require.NoError(t, unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0))
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	require.NoError(t, err)
	require.NoError(t, unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 50, Col: columns}))
	slave, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	require.NoError(t, err)
	tty := &terminal{File: slave}
	var read sync.WaitGroup
	read.Go(func() {
		buf := make([]byte, 4096)
		for {
			n, err := master.Read(buf)
			if err != nil {
				return
			}
			tty.mu.Lock()
			tty.seen.Write(buf[:n])
			tty.mu.Unlock()
		}
	})
	t.Cleanup(func() {
		_ = slave.Close()
		_ = master.Close()
		read.Wait()
	})
	return tty
}

var escapes = regexp.MustCompile(`\x1b\[[0-9;]*[A-Za-z]`)

// lines are the lines seen so far, without the movements of the cursor.
func (t *terminal) lines() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.Split(strings.ReplaceAll(escapes.ReplaceAllString(t.seen.String(), ""), "\r", ""), "\n")
}

func manyTables() []fullload.TableCounts {
	var tables []fullload.TableCounts
	for i := range 200 {
		c := loading(int64(1000*i), int64(100_000*i), 100_000)
		c.Source = catalog.Name{Schema: "a_rather_long_schema", Name: fmt.Sprintf("größe_%03d", i)}
		c.Started = time.Now().Add(-10 * time.Second)
		if i >= 20 {
			c = fullload.TableCounts{Source: c.Source, TotalRows: 100_000, TotalBytes: 1_000_000}
		}
		tables = append(tables, c)
	}
	return tables
}

// TestBarsOnATerminal: twelve of the active tables have a line with all that is known, the rest are counted, and no line is wider
// than the terminal, the whole's least of all.
func TestBarsOnATerminal(t *testing.T) {
	for _, columns := range []uint16{40, 80, 160} {
		t.Run(fmt.Sprint(columns), func(t *testing.T) {
			tables := manyTables()
			tty := newTerminal(t, columns)
			d := &drawing{bars: mpb.New(mpb.WithOutput(tty.File), mpb.WithRefreshRate(refresh), mpb.WithWidth(barWidth)), of: map[int]*tableBar{}, started: time.Now().Add(-10 * time.Second)}
			d.total = d.bars.AddBar(barScale, mpb.BarPriority(1<<30), mpb.PrependDecorators(label("total")), mpb.AppendDecorators(decor.Any(d.totalText)))
			d.update(tables)
			require.Len(t, d.of, mostTables)
			require.Eventually(t, func() bool {
				text := strings.Join(tty.lines(), "\n")
				return strings.Contains(text, "… and 8 more active, 180 waiting") && strings.Contains(text, "total ")
			}, 10*time.Second, 10*time.Millisecond)
			for i := range 10 {
				tables[i].State, tables[i].Ended = fullload.Completed, time.Now()
			}
			d.update(tables)
			require.Len(t, d.of, 10, "those that waited for room have it")
			require.Eventually(t, func() bool { return strings.Contains(strings.Join(tty.lines(), "\n"), "\n180 waiting") }, 10*time.Second, 10*time.Millisecond)
			d.close()
			for _, line := range tty.lines() {
				require.LessOrEqual(t, utf8.RuneCountInString(line), int(columns), line)
			}
			text := strings.Join(tty.lines(), "\n")
			require.Regexp(t, `total .*ETA \d+`, text)
			require.Regexp(t, `größe_011.* 11%`, text)
			if columns == 160 {
				require.Regexp(t, `größe_011 .* 11%, 11,000 rows, 1.1 MB, 1\.\dk rows/s, 1\d\d\.\d kB/s, ETA 1m2\ds`, text)
				require.Regexp(t, `total .* 0/200 tables, 190,000 rows, 19.0 MB, 19k rows/s, 1.9 MB/s, ETA \d+`, text)
			}
		})
	}
}
