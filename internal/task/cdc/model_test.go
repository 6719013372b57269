package cdc

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/task/apply"
	"github.com/whimbreldb/whimbrel/internal/task/fullload"
)

// followConfig follows the tables a and b of a fake source into a fake target until everything is applied.
func followConfig(s *fakeSource, t *fakeTarget) Config {
	stats := &Stats{}
	return Config{
		Run: "run", Task: "task", Server: "here", Source: s, Target: t, Position: position(0), Stats: stats,
		Tables: []*Table{fakeTable(0, "a", stats), fakeTable(1, "b", stats)}, Structures: fakeStructures{stats},
		Wanted: func(catalog.Name) bool { return true }, DDL: DDLPolicy{Truncated: true},
		Policy: apply.Policy{Data: fullload.LogError, Insert: fullload.LogError, Update: fullload.LogError, Delete: fullload.LogError},
		Retry:  fullload.Retry{Count: 1_000_000}, Stop: StopPoint{CaughtUp: true},
		Log: slog.New(slog.DiscardHandler), ApplyLog: slog.New(slog.DiscardHandler),
	}
}

// drawLog draws transactions that can be carried out one after another.
func drawLog(t *rapid.T) (log [][]step) {
	w := world{"a": {}, "b": {}}
	for range rapid.IntRange(1, 30).Draw(t, "transactions") {
		var tx []step
		for range rapid.IntRange(0, 6).Draw(t, "steps") {
			s := drawStep(t, w)
			w.do(s)
			tx = append(tx, s)
		}
		log = append(log, tx)
	}
	return log
}

func drawStep(t *rapid.T, w world) step {
	s := step{table: rapid.SampledFrom([]string{"a", "b", "c", "d"}).Draw(t, "table"), key: rapid.Int64Range(1, 5).Draw(t, "key"), value: rapid.Int64().Draw(t, "value")}
	rows, there := w[s.table]
	_, taken := rows[s.key]
	switch s.to = rapid.Int64Range(1, 5).Draw(t, "to"); {
	case !there:
		s.kind = "create"
	case rapid.IntRange(0, 15).Draw(t, "structure") == 0:
		s.kind = "truncate"
		if s.table >= "c" && rapid.Bool().Draw(t, "drop") {
			s.kind = "drop"
		}
	case !taken:
		s.kind = "insert"
	case rapid.IntRange(0, 2).Draw(t, "delete") == 0:
		s.kind = "delete"
	default:
		s.kind = "update"
		if _, other := rows[s.to]; other {
			s.to = s.key
		}
	}
	return s
}

// TestEveryFault: whatever is lost and whenever, what the target shows is always a committed moment of the source, what the source is
// told to forget is durable, nothing is left out or written down as an error, and everything is counted once, as long as the target
// itself loses nothing that it has committed.
func TestEveryFault(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		roll := roller(rapid.Uint64().Draw(t, "seed"))
		source := &fakeSource{log: drawLog(t), roll: roll, breaks: rapid.SampledFrom([]int{0, 5, 20, 60}).Draw(t, "source breaks")}
		target := newFakeTarget(roll)
		target.settles = rapid.Bool().Draw(t, "settles")
		target.breaks = rapid.SampledFrom([]int{0, 12, 30, 90}).Draw(t, "target breaks")
		var wrong []string
		target.onCommit = func(c contents) {
			if !moment(source.at(placeOf(c.position)), c.rows) {
				wrong = append(wrong, "the target shows no moment of the source at "+c.position)
			}
		}
		source.onAck = func(place int) {
			target.mu.Lock()
			defer target.mu.Unlock()
			if !moment(source.at(place), target.durable.rows) {
				wrong = append(wrong, "what the source may forget is not durable at "+position(place))
			}
		}
		c := followConfig(source, target)
		if rapid.Bool().Draw(t, "held back") {
			c.Tuning.MinChanges, c.Tuning.Wait = rapid.IntRange(1, 20).Draw(t, "changes"), time.Millisecond
		}
		if rapid.Bool().Draw(t, "asked at once") {
			c.asks = time.Nanosecond
		}
		c.InOrder = rapid.Bool().Draw(t, "in order")
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		reason, err := Follow(ctx, c)
		require.NoError(t, err)
		require.Equal(t, CaughtUp, reason)
		require.Empty(t, wrong)
		require.Equal(t, source.at(len(source.log)), target.committed.rows)
		require.Empty(t, target.parked)
		counts := map[catalog.Name][3]int64{}
		for _, tx := range source.log {
			for _, s := range tx {
				n := counts[tableName(s.table)]
				for op, kind := range []string{"insert", "update", "delete"} {
					if s.kind == kind {
						n[op]++
					}
				}
				counts[tableName(s.table)] = n
			}
		}
		for _, n := range c.Stats.Counts().Tables {
			if !target.crashed {
				want, captured, applied := counts[n.Source], [3]int64{n.Inserts, n.Updates, n.Deletes}, [3]int64{n.AppliedInserts, n.AppliedUpdates, n.AppliedDeletes}
				require.Equal(t, want, captured, "captured of %s", n.Source)
				require.Equal(t, want, applied, "applied of %s", n.Source)
			}
			require.Zero(t, n.Failed)
			require.Empty(t, n.Suspended)
		}
	})
}

// moment compares what two worlds hold; what is not there is as good as empty.
func moment(a, b world) bool {
	for _, pair := range [][2]world{{a, b}, {b, a}} {
		for name, rows := range pair[0] {
			for key, value := range rows {
				if other, there := pair[1][name][key]; !there || other != value {
					return false
				}
			}
		}
	}
	return true
}
