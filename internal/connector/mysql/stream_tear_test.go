package mysql

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// TestStreamGoesOnBehindTornLog has the source die while it writes a transaction to its log.
func TestStreamGoesOnBehindTornLog(t *testing.T) {
	for _, c := range []struct {
		name string
		size int // of each row of the transaction that breaks off
		cut  func(events []int) int
	}{
		{"in an event", 10, func(events []int) int { return events[len(events)-2] + 12 }},
		{"between events", 10, func(events []int) int { return events[len(events)-1] }},
		{"in a transaction that was handed over in part", 60_000, func(events []int) int { return events[len(events)-2] + 12 }},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := servertest.PrivateMariaDB(t, "innodb_flush_log_at_trx_commit=2")
			m := newMirror(t, d, true)
			m.exec("CREATE TABLE f (id INT PRIMARY KEY, v TEXT)")
			r := m.begin()
			from := m.end()
			m.exec("INSERT INTO f VALUES (1, 'before')")
			begin := m.rowsOf("SHOW MASTER STATUS")[0]
			m.exec(fmt.Sprintf("INSERT INTO f SELECT 1000 + seq, REPEAT('v', %d) FROM seq_1_to_700", c.size))
			end := m.rowsOf("SHOW MASTER STATUS")[0]
			m.exec("DELETE FROM f WHERE id > 1000")
			d.Server.Kill()
			breakOff(t, filepath.Join(d.Server.Dir(), "data", begin[0]), begin[1], end[1], c.cut)
			require.NoError(t, d.Server.Start())
			m.exec("INSERT INTO f VALUES (2, 'after')")

			m.open()
			until, at := m.end(), from
			for range 5 {
				if at = m.lostAt(r, at, until); at == "" {
					break
				}
				m.open() // what was applied in part is gone with its session
			}
			require.Empty(t, at, "the stream does not come past the tear")
			m.same()
		})
	}
}

// lostAt follows until a position, or tells where the last commit stands when the source is lost on the way.
func (m *mirror) lostAt(r connector.StreamRequest, from, until string) string {
	m.t.Helper()
	s, err := m.source.Stream(m.t.Context(), r, from)
	require.NoError(m.t, err)
	defer func() { require.NoError(m.t, s.Close()) }()
	if err := m.tryDrain(s, until); err != nil {
		require.Equal(m.t, connector.Lost, connector.ClassOf(err), "%v", err)
		require.NoError(m.t, m.session.Close())
		at, err := m.source.Checkpointed(m)
		require.NoError(m.t, err)
		return at
	}
	require.Contains(m.t, s.Status().Warning, "broke off")
	return ""
}

// breakOff appends the transaction that stands between two offsets of a log once more, and cuts it.
func breakOff(t *testing.T, file, begin, end string, cut func(events []int) int) {
	t.Helper()
	log, err := os.ReadFile(file)
	require.NoError(t, err)
	var from, to int
	_, err = fmt.Sscan(begin+" "+end, &from, &to)
	require.NoError(t, err)
	again := append([]byte(nil), log[from:to]...)
	var events []int
	for at := 0; at < len(again); {
		events = append(events, at)
		event := again[at : at+int(binary.LittleEndian.Uint32(again[at+9:]))]
		if len(events) == 1 { // MariaDB's GTID begins with its number
			binary.LittleEndian.PutUint64(event[19:], binary.LittleEndian.Uint64(event[19:])+2)
		}
		at += len(event)
		binary.LittleEndian.PutUint32(event[13:], uint32(len(log)+at))
		sum := len(event) - 4
		binary.LittleEndian.PutUint32(event[sum:], crc32.ChecksumIEEE(event[:sum]))
	}
	require.NoError(t, os.WriteFile(file, append(log, again[:cut(events)]...), 0o600))
}
