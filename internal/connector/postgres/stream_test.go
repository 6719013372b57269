package postgres

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// follower carries a source's changes to the target through our own stream and session, one after another, as a task
// would in bulk.
type follower struct {
	*pair
	request connector.StreamRequest
	stream  connector.Stream
	session connector.ApplySession
	targets []*catalog.Table
	native  bool
	// seen are the structure events, and applied the number of changes.
	seen    []connector.Structure
	applied int
	at      string // position of the last event
	onEvent func(e connector.Event)
	reopens bool // the stream is opened again, once, when it says that it must be
	bulk    bool // changes of one kind that follow each other go as one set
}

func (p *pair) streamer() connector.Streamer { return p.source.(connector.Streamer) }

func (p *pair) follow(native bool, names ...string) *follower {
	p.t.Helper()
	f := &follower{pair: p, native: native}
	f.request = connector.StreamRequest{Run: "shop → there", Pool: change.NewGroupPool(3)}
	for i, n := range names {
		f.request.Tables = append(f.request.Tables, f.followed(i, p.table(n)))
	}
	session, err := p.target.(connector.Applier).Apply(context.Background(), connector.ApplyOptions{Run: f.request.Run, Statements: 50})
	require.NoError(p.t, err)
	p.t.Cleanup(func() { _ = session.Close() })
	f.session = session
	f.refresh()
	return f
}

func (f *follower) followed(number int, t *catalog.Table) connector.Followed {
	x := connector.Followed{Number: number, Table: t}
	for _, c := range t.Columns {
		if c.Generated != "" {
			continue
		}
		l := change.LayoutOf(c.Type)
		if f.native {
			l = change.Native
		}
		x.Columns = append(x.Columns, connector.ReadColumn{Column: c, Layout: l})
	}
	return x
}

// refresh looks the target's tables up.
func (f *follower) refresh() {
	f.t.Helper()
	f.targets = nil
	for _, x := range f.request.Tables {
		found, err := f.target.Describe(context.Background(), []catalog.Name{x.Table.Name})
		require.NoError(f.t, err)
		require.NotNil(f.t, found[x.Table.Name], "%s", x.Table.Name)
		f.targets = append(f.targets, found[x.Table.Name].Table)
	}
}

// capture copies the tables as the snapshot has them and opens the stream behind it.
func (f *follower) capture() {
	f.t.Helper()
	s, err := f.streamer().Capture(context.Background(), f.request, 2)
	require.NoError(f.t, err)
	defer func() { _ = s.Close() }()
	f.t.Cleanup(func() {
		if f.stream != nil {
			_ = f.stream.Close()
		}
		_ = f.streamer().Release(context.Background(), f.request)
	})
	f.plan()
	for _, x := range f.request.Tables {
		if x.Table.PartitionBy != "" {
			continue
		}
		_, err := f.move(s.(connector.RawSnapshot), x.Table, modes[2], connector.SplitOptions{})
		require.NoError(f.t, err)
	}
	f.open(s.Position())
}

func (f *follower) open(position string) {
	f.t.Helper()
	if f.stream != nil {
		require.NoError(f.t, f.stream.Close())
	}
	var err error
	f.stream, err = f.streamer().Stream(context.Background(), f.request, position)
	require.NoError(f.t, err)
	f.at = position
}

// catchUp carries everything that has committed until now.
func (f *follower) catchUp() {
	f.t.Helper()
	end, err := f.streamer().End(context.Background())
	require.NoError(f.t, err)
	f.until(end)
}

func (f *follower) until(end string) {
	f.t.Helper()
	for deadline := time.Now().Add(60 * time.Second); ; {
		require.True(f.t, time.Now().Before(deadline), "at %s, before %s", f.at, end)
		f.next()
		order, err := f.streamer().Compare(f.at, end)
		require.NoError(f.t, err)
		if order >= 0 {
			return
		}
	}
}

func (f *follower) next() connector.Event {
	f.t.Helper()
	e, err := f.stream.Next(context.Background())
	if err != nil && f.reopens && connector.ClassOf(err) == connector.Lost {
		f.reopens = false
		f.open(f.at)
		e, err = f.stream.Next(context.Background())
	}
	require.NoError(f.t, err)
	if f.onEvent != nil {
		f.onEvent(e)
	}
	if e.Changes != nil {
		f.apply(e.Changes)
		f.request.Pool.Put(e.Changes)
	}
	if e.Structure != nil {
		f.structure(e.Structure)
	}
	if e.Position != "" {
		f.at = e.Position
		f.stream.Acknowledge(e.Position)
	}
	return e
}

func (f *follower) structure(st *connector.Structure) {
	f.t.Helper()
	f.seen = append(f.seen, *st)
	ctx := context.Background()
	d := Dialect{}
	run := func(ss []catalog.Statement) {
		require.NoError(f.t, f.target.Exec(ctx, ss))
		f.session.Forget()
	}
	switch st.Kind {
	case connector.Truncated:
		require.NoError(f.t, f.session.Begin(ctx))
		require.NoError(f.t, f.session.Truncate(ctx, st.Table.Name))
		require.NoError(f.t, f.session.Commit(ctx, connector.Checkpoint{}))
	case connector.Dropped:
		run([]catalog.Statement{d.Drop(st.Table.Name)})
		f.stream.Drop(st.Number)
	case connector.Created:
		script := d.Script(st.Table, true)
		run(script.Create)
		x := f.followed(len(f.request.Tables), st.Table)
		f.request.Tables = append(f.request.Tables, x)
		require.NoError(f.t, f.stream.Follow(x))
		f.refresh()
	case connector.Altered:
		old := f.request.Tables[st.Number].Table
		if old.Name != st.Table.Name {
			run(d.RenameTable(old.Name, st.Table.Name))
		}
		for from, to := range st.Renamed {
			run(d.RenameColumn(st.Table.Name, from, to))
		}
		for _, c := range st.Table.Columns {
			from := c.Name
			for a, b := range st.Renamed {
				if b == c.Name {
					from = a
				}
			}
			if o := old.Column(from); o == nil {
				run(d.AddColumn(st.Table.Name, c))
			} else if o.NativeType != c.NativeType {
				run(d.ChangeType(st.Table.Name, c))
			}
		}
		for _, c := range old.Columns {
			if _, renamed := st.Renamed[c.Name]; !renamed && st.Table.Column(c.Name) == nil {
				run(d.DropColumn(st.Table.Name, c.Name))
			}
		}
		x := f.followed(st.Number, st.Table)
		f.request.Tables[st.Number] = x
		require.NoError(f.t, f.stream.Follow(x))
		f.refresh()
	}
}

// apply carries out a group's changes in their order.
func (f *follower) apply(g *change.Group) {
	f.t.Helper()
	ctx := context.Background()
	type place struct{ c, i int }
	order := make([]place, g.Len())
	for n, c := range g.Tables {
		for i, seq := range c.Seq {
			order[seq] = place{n, i}
		}
	}
	var sets []connector.RowSet
	for _, o := range order {
		set := f.rowSet(g.Tables[o.c], o.i)
		if n := len(sets); f.bulk && n > 0 && joined(&sets[n-1], &set) {
			continue
		}
		sets = append(sets, set)
	}
	require.NoError(f.t, f.session.Begin(ctx))
	affected, err := f.session.Write(ctx, sets)
	require.NoError(f.t, err)
	for i, n := range affected {
		require.Equal(f.t, int64(sets[i].Len()), n, "change %d of %d: %s %s", i, len(sets), sets[i].Op, sets[i].Table.Name)
	}
	require.NoError(f.t, f.session.Commit(ctx, connector.Checkpoint{Run: f.request.Run, Position: g.Position, At: time.Now()}))
	f.applied += len(sets)
}

// joined adds the row of one set to another that looks alike.
func joined(to, from *connector.RowSet) bool {
	if to.Op != from.Op || to.Table != from.Table || to.Unique != from.Unique || !slices.Equal(to.Columns, from.Columns) || !slices.Equal(to.OldColumns, from.OldColumns) || !slices.Equal(to.Key, from.Key) {
		return false
	}
	for _, b := range [][2]*change.Batch{{to.Rows, from.Rows}, {to.Old, from.Old}} {
		if b[0] == nil {
			continue
		}
		for i := range b[0].Columns {
			b[0].Columns[i].AppendFrom(&b[1].Columns[i], 0)
		}
		b[0].EndRow()
	}
	return true
}

func (f *follower) rowSet(c *change.Changes, i int) connector.RowSet {
	x, t := f.request.Tables[c.Table], f.targets[c.Table]
	var key []string
	if x.Table.PrimaryKey != nil {
		key = x.Table.PrimaryKey.Columns
	}
	set := connector.RowSet{Op: c.Ops[i], Table: t, Unique: key != nil}
	row := func(b *change.Batch, at int32) ([]connector.LoadColumn, *change.Batch) {
		var cs []connector.LoadColumn
		var layouts []change.Layout
		var from []int
		for n := range b.Columns {
			if !b.Columns[n].IsAbsent(int(at)) {
				cs = append(cs, connector.LoadColumn{Column: t.Column(x.Columns[n].Column.Name), Layout: b.Columns[n].Layout})
				require.NotNil(f.t, cs[len(cs)-1].Column, x.Columns[n].Column.Name)
				layouts = append(layouts, b.Columns[n].Layout)
				from = append(from, n)
			}
		}
		out := &change.Batch{}
		out.Reset(layouts)
		for n, k := range from {
			out.Columns[n].AppendFrom(&b.Columns[k], int(at))
		}
		out.EndRow()
		return cs, out
	}
	if c.After[i] != change.None {
		set.Columns, set.Rows = row(&c.New, c.After[i])
	}
	if c.Before[i] != change.None {
		set.OldColumns, set.Old = row(&c.Old, c.Before[i])
	}
	keyed := set.OldColumns
	if keyed == nil {
		keyed = set.Columns
	}
	for n, k := range keyed {
		if key == nil || slices.Contains(key, k.Column.Name) {
			set.Key = append(set.Key, n)
		}
	}
	if key != nil && len(set.Key) < len(key) { // the replica identity is something else
		set.Key, set.Unique = nil, false
		for n := range keyed {
			set.Key = append(set.Key, n)
		}
	}
	return set
}

func (f *follower) sameTable(name string) {
	f.t.Helper()
	sql := fmt.Sprintf(`SELECT md5(string_agg(x, E'\n' ORDER BY x)) || ' ' || count(*) FROM (SELECT t::text AS x FROM %s t) y`, name)
	require.Equal(f.t, lines(f.t, f.from, sql), lines(f.t, f.to, sql), name)
}

func TestStreamCarriesEveryType(t *testing.T) {
	for _, native := range []bool{true, false} {
		t.Run(fmt.Sprintf("native=%t", native), func(t *testing.T) {
			bothWays(t, func(t *testing.T, p *pair) { carryEveryType(t, p, native) })
		})
	}
}

func carryEveryType(t *testing.T, p *pair, native bool) {
	execute(t, p.to, `CREATE TABLE spacer (a int)`, `CREATE TYPE spacer_type AS (a int)`)
	p.both(kindTypes...)
	var ddl strings.Builder
	var names, fill []string
	for _, k := range kinds {
		names = append(names, "t_"+k.name)
		fmt.Fprintf(&ddl, "CREATE TABLE t_%s (id int PRIMARY KEY, v %s, w int);", k.name, k.typ)
		insert := "INSERT INTO t_" + k.name + " VALUES (0, NULL, 0)"
		for i, v := range k.values {
			insert += fmt.Sprintf(", (%d, (%s)::%s, %d)", i+1, v, k.typ, i)
		}
		fill = append(fill, insert)
		for _, u := range []string{"w = -w", "v = (SELECT v FROM t WHERE id = 1) WHERE id = 0", "id = id + 100 WHERE id = 1"} {
			fill = append(fill, strings.ReplaceAll("UPDATE t SET "+u, " t ", " t_"+k.name+" "))
		}
	}
	p.both(ddl.String())
	f := p.follow(native, names...)
	f.capture()
	execute(t, p.from, fill...)
	f.catchUp()
	require.NotZero(t, f.applied)
	for _, k := range kinds {
		f.sameTable("t_" + k.name)
	}
}

// TestBulkCarriesEveryType sends every type through COPY, through statements with arrays and, where these cannot take it,
// through prepared ones.
func TestBulkCarriesEveryType(t *testing.T) {
	for _, native := range []bool{true, false} {
		t.Run(fmt.Sprintf("native=%t", native), func(t *testing.T) {
			p := freshPair(t, servertest.PostgreSQL15, servertest.PostgreSQL18)
			execute(t, p.to, `CREATE TABLE spacer (a int)`, `CREATE TYPE spacer_type AS (a int)`)
			p.both(kindTypes...)
			var ddl strings.Builder
			var names, fill []string
			for _, k := range kinds {
				names = append(names, "t_"+k.name)
				fmt.Fprintf(&ddl, "CREATE TABLE t_%s (id int PRIMARY KEY, v %s, w int);", k.name, k.typ)
				values := "(NULL::" + k.typ + ")"
				for _, v := range k.values {
					if !strings.Contains(v, "repeat(") {
						values += fmt.Sprintf(", ((%s)::%s)", v, k.typ)
					}
				}
				from := "(SELECT row_number() OVER () AS n, x.v FROM (VALUES " + values + ") x (v), generate_series(1, 120)) x"
				table := "t_" + k.name
				fill = append(fill, "INSERT INTO "+table+" SELECT n, v, n FROM "+from, "UPDATE "+table+" t SET w = -w",
					"INSERT INTO \"between\" VALUES (DEFAULT)", // so that no row is updated twice in a set
					"UPDATE "+table+" t SET v = x.v FROM "+from+" WHERE x.n = t.id + 1", "UPDATE "+table+" SET id = -id WHERE id % 2 = 0", "DELETE FROM "+table+" WHERE id % 5 = 0")
			}
			p.both(ddl.String(), `CREATE TABLE "between" (id serial PRIMARY KEY)`)
			f := p.follow(native, append(names, "between")...)
			f.bulk = true
			f.capture()
			execute(t, p.from, fill...)
			f.catchUp()
			for _, k := range kinds {
				f.sameTable("t_" + k.name)
			}
		})
	}
}
