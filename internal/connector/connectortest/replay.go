package connectortest

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// Line is a line of what a target that keeps changes has written of a table.
type Line struct {
	// Op is I, U or D; a line of the full load is L.
	Op byte
	// Key tells rows from one another, and is the same in all lines of one; Row is the row as Suite.Dump has it, of a D whatever it may be.
	Key, Row string
}

// recorded is a change that a Recorder was given.
type recorded struct {
	table string
	op    byte
}

// record hands over a group as it is.
func (f *follower) record(ctx context.Context, to connector.Recorder, g *change.Group) {
	if g.Len() == 0 {
		return
	}
	f.begin(ctx)
	tables := make([]*connector.Recorded, len(g.Tables))
	ops := make([]recorded, g.Len())
	for i, c := range g.Tables {
		tables[i] = &connector.Recorded{Table: f.targets[c.Table], Columns: f.loadColumns(f.request.Tables[f.place(c.Table)])}
		for n, op := range c.Ops {
			ops[c.Seq[n]] = recorded{f.targets[c.Table].Name.Name, "IUD"[op]}
		}
	}
	f.history = append(f.history, ops...)
	must(f.t, to.Record(ctx, g, tables, func(_, _ int, r change.Reject) error { return r }))
}

// compareLog compares what a target has written: the changes of each table are those that it was given, each of them once and in their order, and
// whoever carries them out has the source's rows. Of a table without a key the latter cannot be told: an update does not say which row it
// was.
func (s *Suite) compareLog(t testing.TB, f *follower, d Databases, tables []Table) {
	t.Helper()
	logs := s.Onto.Log(t, d, tables)
	for _, table := range tables {
		var given, written strings.Builder
		for _, r := range f.history {
			if r.table == table.Name {
				given.WriteByte(r.op)
			}
		}
		for _, l := range logs[table.Name] {
			if l.Op != 'L' {
				written.WriteByte(l.Op)
			}
		}
		require.Equal(t, given.String(), written.String(), "the changes of table %s", table.Name)
		if len(table.Key) == 0 {
			continue
		}
		want, got := s.Dump(t, d.Source, table), replay(t, table.Name, logs[table.Name])
		slices.Sort(want)
		require.Equal(t, strings.Join(want, "\n"), strings.Join(got, "\n"), "table %s", table.Name)
	}
}

// replay carries lines out. One that inserts a row that is there was written twice or in the wrong order, and so was one that changes a row that
// is not.
func replay(t testing.TB, table string, lines []Line) (rows []string) {
	t.Helper()
	state := map[string]string{}
	for i, l := range lines {
		_, there := state[l.Key]
		require.Equal(t, l.Op == 'U' || l.Op == 'D', there, "line %d of table %s, %c of %q", i, table, l.Op, l.Key)
		if l.Op == 'D' {
			delete(state, l.Key)
			continue
		}
		state[l.Key] = l.Row
	}
	for _, row := range state {
		rows = append(rows, row)
	}
	slices.Sort(rows)
	return rows
}
