package chaos_test

import (
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
)

// link is a proxy between the program and a server.
type link struct{ *toxiproxy.Proxy }

// through puts a proxy before a server and returns the end as seen through it.
func through(t testing.TB, e *end) (*end, *link) {
	t.Helper()
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	l := &link{toxiproxy.NewProxy(server, t.Name(), "127.0.0.1:0", fmt.Sprintf("127.0.0.1:%d", e.server.Port()))}
	require.NoError(t, l.Start())
	t.Cleanup(l.Stop)
	u, err := url.Parse(e.url)
	require.NoError(t, err)
	u.Host = l.Listen
	far := *e
	far.url = u.String()
	return &far, l
}

// spoil adds a toxic in both directions.
func (l *link) spoil(t testing.TB, kind, attributes string) {
	t.Helper()
	for _, stream := range []string{"upstream", "downstream"} {
		_, err := l.Toxics.AddToxicJson(strings.NewReader(fmt.Sprintf(
			`{"name":"%s_%s","type":"%s","stream":"%s","toxicity":1,"attributes":%s}`, kind, stream, kind, stream, attributes)))
		require.NoError(t, err)
	}
}

// memoryBound is what the program may take while its target is slower than its source, in KiB.
const memoryBound = 200 << 10

// TestSlowLink moves 12 MB over a link of limited bandwidth: the fast end is held back, not held in memory.
func TestSlowLink(t *testing.T) {
	for _, pair := range [][2]string{{pg, maria}, {maria, pg}, {pg, pg}} {
		t.Run(pair[0]+" to "+pair[1], func(t *testing.T) {
			source, target := newEnd(t, pair[0]), newEnd(t, pair[1])
			source.exec(t, "CREATE TABLE bulk (id int PRIMARY KEY, v text)")
			source.fill(t, "bulk (id, v)", 3000, func(n int) string { return fmt.Sprintf("(%d, '%s')", n, strings.Repeat("bulk", 1000)) })
			source.exec(t, source.pick("ANALYZE", "ANALYZE TABLE bulk", ""))
			slow, l := through(t, target)
			l.spoil(t, "latency", `{"latency":4,"jitter":2}`)
			l.spoil(t, "bandwidth", `{"rate":5000}`)
			p := complete(t, source, slow)
			require.Less(t, p.peak.Load(), int64(memoryBound), "KiB")
			columns := []string{"id", "v"}
			requireSameRows(t, "bulk", source.rows(t, "bulk", columns), target.rows(t, "bulk", columns))
		})
	}
}

// TestCutLink cuts every connection among the rows. The target's come back by themselves, the source's end the run.
func TestCutLink(t *testing.T) {
	for _, pair := range [][2]string{{pg, maria}, {maria, pg}} {
		source, target := newEnd(t, pair[0]), newEnd(t, pair[1])
		makeShop(t, source)
		t.Run(pair[1]+" target", func(t *testing.T) {
			far, l := through(t, target)
			p := start(t, source, far, "--rate-limit", "3000rows/s", "--task-settings", retrying(t, 15))
			p.awaitRows(t, target)
			l.cut(t)
			require.Zero(t, p.code(t, runs), p.errors.String())
			require.Contains(t, p.errors.String(), "trying again")
			requireSame(t, source, target)
		})
		t.Run(pair[0]+" source", func(t *testing.T) {
			target := newEnd(t, pair[1])
			far, l := through(t, source)
			p := start(t, far, target, "--rate-limit", "3000rows/s")
			p.awaitRows(t, target)
			l.cut(t)
			require.Equal(t, 1, p.code(t, 30*time.Second), p.errors.String())
			require.Contains(t, lastLine(p.errors.String()), "the source")
			complete(t, far, target)
			requireSame(t, source, target)
			require.False(t, target.journalLeft(t))
		})
	}
}

func (l *link) cut(t testing.TB) {
	t.Helper()
	at := l.Listen
	l.Stop()
	l.Listen = at
	require.NoError(t, l.Start())
}

// TestSilentLink lets a link fall silent for ever without closing it: the run ends by itself within the time that
// --stall-timeout sets, and by Ctrl-C at once.
func TestSilentLink(t *testing.T) {
	for _, c := range []struct {
		from, to string
		source   bool
	}{{pg, sqlite, true}, {maria, sqlite, true}, {sqlite, pg, false}, {sqlite, maria, false}, {maria, pg, true}, {pg, maria, false}} {
		name := c.from + " to " + c.to + ", silent target"
		if c.source {
			name = c.from + " to " + c.to + ", silent source"
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			source, target := newEnd(t, c.from), newEnd(t, c.to)
			makeShop(t, source)
			begin := func(flags ...string) *process {
				from, to := source, target
				var l *link
				if c.source {
					from, l = through(t, source)
				} else {
					to, l = through(t, target)
				}
				p := start(t, from, to, append(flags, "--rate-limit", "2500rows/s")...)
				p.awaitRows(t, target)
				l.spoil(t, "timeout", `{"timeout":0}`)
				return p
			}
			p := begin("--stall-timeout", "1s")
			require.Equal(t, 1, p.code(t, 12*time.Second), p.errors.String())
			require.Contains(t, lastLine(p.errors.String()), map[bool]string{true: "the source", false: "the target"}[c.source])
			require.Contains(t, lastLine(p.errors.String()), "does not answer")

			target = newEnd(t, c.to)
			p = begin()
			requireInterrupted(t, p, os.Interrupt)
			complete(t, source, newEnd(t, c.to))
		})
	}
}
