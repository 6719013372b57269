package connectortest

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// run names the migration of the tests.
const run = "0123456789abcdef"

// follower carries a source into a target in the plainest way: a full load, then each change a set of its own.
type follower struct {
	t         testing.TB
	suite     *Suite
	databases Databases
	source    connector.Streamer
	target    connector.Applier
	native    bool
	request   connector.StreamRequest
	// targets are the target's tables by their number.
	targets map[int]*catalog.Table
	pool    *change.GroupPool
	session connector.ApplySession
	stream  connector.Stream
	inside  bool // a transaction is open
	applied string
	since   string // of the capture: where a target that has made nothing durable yet is begun again
	// history is what a Recorder was given, in its order, and upTo how much of it lay before a position.
	history []recorded
	upTo    map[string]int
	// watch sees every event before it is applied.
	watch   func(connector.Event)
	layouts func(*catalog.Column) change.Layout
}

func (s *Suite) follower(t testing.TB, d Databases, native bool) *follower {
	f := &follower{t: t, suite: s, databases: d, source: s.openSource(t, d), target: s.openTarget(t, d), native: native,
		upTo: map[string]int{}, targets: map[int]*catalog.Table{}, pool: change.NewGroupPool(2)}
	f.request = connector.StreamRequest{Run: run, Pool: f.pool,
		Reject: func(table int, r change.Reject) error { return r }}
	return f
}

func (f *follower) followed(number int, table *catalog.Table) connector.Followed {
	out := connector.Followed{Number: number, Table: table}
	for _, c := range table.Columns {
		if c.Generated != "" {
			continue
		}
		l := change.Native
		if !f.native {
			l = f.layouts(c)
		}
		out.Columns = append(out.Columns, connector.ReadColumn{Column: c, Layout: l})
	}
	return out
}

// capture follows the tables and loads them, meanwhile calling while.
func (f *follower) capture(ctx context.Context) {
	t := f.t
	cat, err := f.source.Inspect(ctx, connector.InspectOptions{})
	must(t, err)
	f.layouts = func(*catalog.Column) change.Layout { return change.Native }
	for i, table := range f.suite.Tables {
		found := cat.Table(f.suite.name(table))
		require.NotNil(t, found, table.Name)
		f.request.Tables = append(f.request.Tables, f.followed(i, found))
	}
	obstacles, err := f.source.Obstacles(ctx, f.request)
	must(t, err)
	for _, o := range obstacles {
		require.False(t, o.Fatal, "%+v", o)
	}
	sn, err := f.source.Capture(ctx, f.request, 2)
	must(t, err)
	defer func() { must(t, sn.Close()) }()
	f.layouts = sn.Layout
	for i := range f.request.Tables {
		f.request.Tables[i] = f.followed(i, f.request.Tables[i].Table)
		f.load(ctx, sn, f.request.Tables[i])
	}
	f.since = sn.Position()
	f.applied = f.since
	require.NotEmpty(t, f.applied)
}

// load makes a table in the target and fills it.
func (f *follower) load(ctx context.Context, sn connector.Snapshot, to connector.Followed) {
	t := f.t
	f.create(ctx, to.Number, to.Table)
	segments, err := sn.Split(ctx, to.Table, connector.SplitOptions{SegmentBytes: 1 << 20})
	must(t, err)
	var marks []connector.Mark
	for _, segment := range segments {
		marks = append(marks, connector.Mark{Run: run, Table: to.Table.Name, Segment: segment})
	}
	must(t, f.target.Journal().Plan(ctx, marks))
	pool := change.NewPool(2, 0)
	for i, segment := range segments {
		loader, err := f.target.Load(ctx, connector.LoadRequest{Table: f.targets[to.Number], Columns: f.loadColumns(to), Fresh: true,
			Mark:   marks[i],
			Reject: func(r change.Reject) error { return r }})
		must(t, err)
		err = sn.Read(ctx, connector.ReadRequest{Table: to.Table, Columns: to.Columns, Segment: segment, Pool: pool,
			Emit: func(b *change.Batch) error {
				defer pool.Put(b)
				return loader.Write(ctx, b)
			}, Reject: func(r change.Reject) error { return r }})
		must(t, err)
		must(t, loader.Commit(ctx, connector.Counts{}))
	}
}

func (f *follower) create(ctx context.Context, number int, table *catalog.Table) {
	there := f.suite.there(table)
	script := f.dialect().Script(there, true)
	must(f.t, f.target.Exec(ctx, append(script.Create, script.Keys...)))
	f.describe(ctx, number, there.Name)
}

func (f *follower) dialect() connector.Dialect {
	if d, ok := f.target.(connector.Dialected); ok {
		return d.Dialect()
	}
	if f.suite.Onto != nil {
		return f.suite.Onto.Engine.Dialect
	}
	return f.suite.Engine.Dialect // of both ends
}

func (f *follower) describe(ctx context.Context, number int, name catalog.Name) {
	found, err := f.target.Describe(ctx, []catalog.Name{name})
	must(f.t, err)
	require.Contains(f.t, found, name)
	f.targets[number] = found[name].Table
}

// loadColumns are the target's columns for those of a followed table.
func (f *follower) loadColumns(to connector.Followed) []connector.LoadColumn {
	var out []connector.LoadColumn
	for _, c := range to.Columns {
		col := f.targets[to.Number].Column(c.Column.Name)
		require.NotNil(f.t, col, "%s of table %d, %s", c.Column.Name, to.Number, f.targets[to.Number].Name)
		out = append(out, connector.LoadColumn{Column: col, Layout: c.Layout})
	}
	return out
}

// open opens the stream and the session where the target has been left.
func (f *follower) open(ctx context.Context) {
	var err error
	c, ok, err := f.target.Checkpoint(ctx, run)
	must(f.t, err)
	switch {
	case ok:
		f.applied = c.Position
	case f.since != "": // whatever was held back is lost
		f.applied = f.since
	}
	f.history = f.history[:f.upTo[f.applied]]
	f.stream, err = f.source.Stream(ctx, f.request, f.applied)
	must(f.t, err)
	f.session, err = f.target.Apply(ctx, connector.ApplyOptions{Run: run})
	must(f.t, err)
	f.inside = false
	stream, session := f.stream, f.session
	f.t.Cleanup(func() { // a test that has failed has left them open
		_ = stream.Close()
		_ = session.Close()
	})
}

func (f *follower) close() {
	must(f.t, f.stream.Close())
	must(f.t, f.session.Close())
}

// step applies one event.
func (f *follower) step(ctx context.Context) connector.Event {
	f.suite.carry(f.t, f.databases)
	e, err := f.stream.Next(ctx)
	must(f.t, err)
	if f.watch != nil {
		f.watch(e)
	}
	if e.Changes != nil {
		f.group(ctx, e.Changes)
		f.pool.Put(e.Changes)
	}
	if e.Structure != nil {
		f.structure(ctx, e.Structure)
	}
	if e.Position != "" {
		if f.inside {
			f.commit(ctx, e.Position)
		}
		f.applied = e.Position
		f.upTo[f.applied] = len(f.history)
	}
	return e
}

// reach applies events until the position is reached, and makes that durable.
func (f *follower) reach(ctx context.Context, position string) {
	f.t.Helper()
	ctx, cancel := context.WithTimeoutCause(ctx, max(time.Minute, f.suite.Patience), context.DeadlineExceeded)
	defer cancel()
	for {
		n, err := f.source.Compare(f.applied, position)
		must(f.t, err)
		if n >= 0 && !f.inside {
			must(f.t, f.session.Sync(ctx))
			return
		}
		f.step(ctx)
	}
}

func (f *follower) begin(ctx context.Context) {
	if !f.inside {
		must(f.t, f.session.Begin(ctx))
		f.inside = true
	}
}

func (f *follower) commit(ctx context.Context, position string) {
	must(f.t, f.session.Commit(ctx, connector.Checkpoint{Run: run, Server: "test", Position: position, At: time.Now()}))
	f.inside = false
}

// group applies the changes of a group in their order: one by one, or all at once where the target keeps the changes themselves.
func (f *follower) group(ctx context.Context, g *change.Group) {
	require.Equal(f.t, g.Position != "", len(g.Ends) > 0, "a position is that of a transaction's end")
	if to, ok := f.session.(connector.Recorder); ok {
		f.record(ctx, to, g)
	} else {
		f.oneByOne(ctx, g)
	}
	if !g.Open && f.inside {
		f.commit(ctx, g.Position)
		f.applied = g.Position
		f.upTo[f.applied] = len(f.history)
	}
}

func (f *follower) oneByOne(ctx context.Context, g *change.Group) {
	next := make([]int, len(g.Tables))
	done := 0
	for seq := 0; seq < g.Len(); seq++ {
		for done < len(g.Ends) && int(g.Ends[done]) <= seq {
			done++
		}
		for k, c := range g.Tables {
			if i := next[k]; i < c.Len() && int(c.Seq[i]) == seq {
				f.begin(ctx)
				f.change(ctx, c, i)
				next[k]++
			}
		}
	}
}
