package task_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// TestEqualTablesTravelAsDigests bounds what the servers send while 200,000 equal rows of 20 MB are validated: a line for thousands of them,
// and the catalogue. SQLite has no server: its rows are read where they lie.
func TestEqualTablesTravelAsDigests(t *testing.T) {
	const rows, most = 200_000, 300_000
	for _, from := range []string{"postgresql-18", "mariadb", "sqlite"} {
		source := newEnd(t, from)
		if from == "mariadb" { // the catalogue of a server that other tests use is long
			source = mariadbEnd(t, servertest.PrivateMariaDB(t))
		}
		fillBench(t, source, rows)
		for _, to := range []string{"postgresql-18", "mariadb", "sqlite"} {
			t.Run(from+" to "+to, func(t *testing.T) {
				target := newEnd(t, to)
				migrate(t, source, target)
				c := config(source, target)
				wires := []*counting{}
				if source.family != catalog.SQLite {
					wire, u := relay(t, source)
					wires, c.Source.URL = append(wires, wire), u
				}
				if target.family != catalog.SQLite {
					wire, u := relay(t, target)
					wires, c.Target.URL = append(wires, wire), u
				}
				r := compareEnds(t, c, false).Tables[0]
				require.True(t, r.Equal(), "%s %v", r.Reason, r.Failures)
				require.EqualValues(t, rows, r.SourceRows)
				require.Zero(t, r.Looked)
				require.Equal(t, wantMethod(source, target), r.Method)
				sent := int64(0)
				for _, wire := range wires {
					sent += wire.sent.Load()
				}
				t.Logf("%s: %d bytes over the wire", r.Method, sent)
				require.Less(t, sent, int64(most))
			})
		}
	}
}
