package mysql

import (
	"context"
	"fmt"
	"sort"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// mirror follows the tables of one database and applies their changes to another of the same server, change by change.
type mirror struct {
	*fixture
	to      string // the target's database
	native  bool
	tables  map[int]*catalog.Table // the source's, by number
	columns map[int][]connector.ReadColumn
	session connector.ApplySession
	pool    *change.GroupPool
	wanted  func(catalog.Name) bool
	// seen are the positions after each group, with the number of changes up to there.
	seen    []string
	changes int
	events  []string
}

func newMirror(t testing.TB, d *servertest.Database, native bool) *mirror {
	f := newFixture(t, d)
	m := &mirror{fixture: f, to: f.name + "_to", native: native, pool: change.NewGroupPool(2)}
	f.exec("CREATE DATABASE " + m.to)
	return m
}

// begin describes the source's tables, makes them in the target and opens a session.
func (m *mirror) begin() connector.StreamRequest {
	m.t.Helper()
	c, err := m.source.Inspect(m.t.Context(), connector.InspectOptions{})
	require.NoError(m.t, err)
	m.tables, m.columns = map[int]*catalog.Table{}, map[int][]connector.ReadColumn{}
	r := connector.StreamRequest{Run: "mirror " + m.name, Pool: m.pool, Wanted: m.wanted}
	for _, s := range c.Schemas {
		if s.Name != m.name {
			continue
		}
		for _, t := range s.Tables {
			m.exec(fmt.Sprintf("CREATE TABLE IF NOT EXISTS %s LIKE %s", quoteTable(m.renamed(t.Name)), quoteTable(t.Name)))
			r.Tables = append(r.Tables, m.followed(len(r.Tables), t))
		}
	}
	m.open()
	return r
}

func (m *mirror) open() {
	var err error
	m.session, err = m.target.Apply(m.t.Context(), connector.ApplyOptions{Run: "mirror"})
	require.NoError(m.t, err)
	m.t.Cleanup(func() { _ = m.session.Close() })
}

func (m *mirror) renamed(n catalog.Name) catalog.Name {
	return catalog.Name{Schema: m.to, Name: n.Name}
}

func (m *mirror) followed(number int, t *catalog.Table) connector.Followed {
	f := connector.Followed{Number: number, Table: t}
	for _, c := range t.Columns {
		l := change.Native
		if !m.native {
			l = layoutOf(c)
		}
		f.Columns = append(f.Columns, connector.ReadColumn{Column: c, Layout: l})
	}
	m.tables[number], m.columns[number] = t, f.Columns
	return f
}

// follow applies what comes until the stream has passed a position.
func (m *mirror) follow(r connector.StreamRequest, from, until string) {
	m.t.Helper()
	s, err := m.source.Stream(m.t.Context(), r, from)
	require.NoError(m.t, err)
	defer func() { require.NoError(m.t, s.Close()) }()
	m.drain(s, until)
}

func (m *mirror) drain(s connector.Stream, until string) {
	m.t.Helper()
	require.NoError(m.t, m.tryDrain(s, until))
}

// tryDrain ends early when the stream does.
func (m *mirror) tryDrain(s connector.Stream, until string) error {
	m.t.Helper()
	ctx, cancel := context.WithTimeout(m.t.Context(), 2*time.Minute)
	defer cancel()
	open := false
	for {
		e, err := s.Next(ctx)
		if err != nil {
			return err
		}
		if g := e.Changes; g != nil {
			m.apply(g, open)
			open = g.Open
			if g.Position != "" {
				m.seen = append(m.seen, g.Position)
			}
			m.pool.Put(g)
		}
		if e.Structure != nil {
			m.structure(s, e.Structure)
		}
		if e.Position != "" {
			past, err := m.source.Compare(e.Position, until)
			require.NoError(m.t, err)
			if past >= 0 {
				return nil
			}
		}
	}
}

// structure does to the target what was done to the source.
func (m *mirror) structure(s connector.Stream, st *connector.Structure) {
	m.t.Helper()
	m.events = append(m.events, fmt.Sprintf("%s %d %s", st.Kind, st.Number, st.Why))
	if st.Kind == connector.Created {
		number := len(m.tables)
		require.NoError(m.t, s.Follow(m.followed(number, st.Table)))
		made := *st.Table
		made.Name = m.renamed(made.Name)
		script := m.target.Dialect().Script(&made, true)
		require.NoError(m.t, m.session.Exec(m.t.Context(), append(script.Create, script.Indexes...)))
		return
	}
	d := m.target.Dialect().(connector.Alterer)
	old := m.tables[st.Number]
	var ss []catalog.Statement
	to := m.renamed(old.Name)
	switch st.Kind {
	case connector.Truncated:
		require.NoError(m.t, m.session.Truncate(m.t.Context(), to))
		require.NoError(m.t, m.session.Commit(m.t.Context(), connector.Checkpoint{}))
		return
	case connector.Dropped:
		s.Drop(st.Number)
		ss = append(ss, Dialect{}.Drop(to))
	case connector.Altered:
		ss = alterations(d, to, m.renamed(st.Table.Name), old, st)
		require.NoError(m.t, s.Follow(m.followed(st.Number, st.Table)))
	default:
		s.Drop(st.Number)
	}
	require.NoError(m.t, m.session.Exec(m.t.Context(), ss))
}

func alterations(d connector.Alterer, from, to catalog.Name, old *catalog.Table, st *connector.Structure) []catalog.Statement {
	var ss []catalog.Statement
	if from != to {
		ss = append(ss, d.RenameTable(from, to)...)
	}
	now := map[string]string{}
	for _, c := range old.Columns {
		now[c.Name] = c.Name
		if n := st.Renamed[c.Name]; n != "" {
			ss = append(ss, d.RenameColumn(to, c.Name, n)...)
			now[c.Name] = n
		}
	}
	known := map[string]*catalog.Column{}
	for _, c := range old.Columns {
		if n := now[c.Name]; st.Table.Column(n) == nil {
			ss = append(ss, d.DropColumn(to, n)...)
		} else {
			known[n] = c
		}
	}
	for _, c := range st.Table.Columns {
		if k := known[c.Name]; k == nil {
			ss = append(ss, d.AddColumn(to, c)...)
		} else if k.NativeType != c.NativeType {
			ss = append(ss, d.ChangeType(to, c)...)
		}
	}
	return ss
}

// apply writes the changes of a group in their order.
func (m *mirror) apply(g *change.Group, open bool) {
	m.t.Helper()
	type one struct {
		seq int32
		set connector.RowSet
	}
	var all []one
	for _, c := range g.Tables {
		for i := range c.Len() {
			all = append(all, one{c.Seq[i], m.set(c, i)})
		}
	}
	sort.Slice(all, func(i, j int) bool { return all[i].seq < all[j].seq })
	require.Len(m.t, all, g.Len())
	for i, o := range all {
		require.Equal(m.t, int32(i), o.seq)
	}
	if !open {
		require.NoError(m.t, m.session.Begin(m.t.Context()))
	}
	for len(all) > 0 {
		n := min(len(all), 400)
		sets := make([]connector.RowSet, n)
		for i := range sets {
			sets[i] = all[i].set
		}
		affected, err := m.session.Write(m.t.Context(), sets)
		require.NoError(m.t, err)
		for i, a := range affected {
			require.EqualValues(m.t, 1, a, "%s %v", sets[i].Op, sets[i].Table.Name)
		}
		all = all[n:]
	}
	m.changes += g.Len()
	if !g.Open {
		require.NoError(m.t, m.session.Commit(m.t.Context(), connector.Checkpoint{Position: g.Position, At: g.Last}))
	}
}

// set makes a set of one change.
func (m *mirror) set(c *change.Changes, i int) connector.RowSet {
	t := *m.tables[c.Table]
	t.Name = m.renamed(t.Name)
	s := connector.RowSet{Op: c.Ops[i], Table: &t}
	key := identity(m.tables[c.Table])
	columns := m.columns[c.Table]
	if c.Before[i] != change.None {
		s.Old = &change.Batch{}
		s.OldColumns = m.row(s.Old, &c.Old, int(c.Before[i]), columns)
	}
	if c.After[i] != change.None {
		s.Rows = &change.Batch{}
		s.Columns = m.row(s.Rows, &c.New, int(c.After[i]), columns)
	}
	of := s.Columns
	if s.Old != nil {
		of = s.OldColumns
	}
	if s.Op == change.Insert {
		return s
	}
	s.Unique = len(key) > 0
	for at, col := range of {
		is := len(key) == 0 && col.Column.BaseType != ""
		for _, k := range key {
			is = is || k == col.Column.Name
		}
		if is {
			s.Key = append(s.Key, at)
		}
	}
	return s
}

// row copies a row without what is absent.
func (m *mirror) row(to, from *change.Batch, i int, columns []connector.ReadColumn) []connector.LoadColumn {
	var layouts []change.Layout
	var out []connector.LoadColumn
	var at []int
	for k, c := range columns {
		if !from.Columns[k].IsAbsent(i) {
			layouts, at = append(layouts, c.Layout), append(at, k)
			out = append(out, connector.LoadColumn{Column: c.Column, Layout: c.Layout})
		}
	}
	to.Reset(layouts)
	for v, k := range at {
		to.Columns[v].AppendFrom(&from.Columns[k], i)
	}
	to.EndRow()
	return out
}

// same compares every table of both databases, row by row.
func (m *mirror) same() {
	m.t.Helper()
	for _, t := range m.rowsOf("SELECT table_name FROM information_schema.tables WHERE table_schema = '" + m.name + "' AND table_name NOT LIKE 'awsdms%' ORDER BY 1") {
		columns := m.rowsOf("SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = '" + m.name + "' AND table_name = '" + t[0] + "' ORDER BY ordinal_position")
		q := "SELECT "
		for i, c := range columns {
			if i > 0 {
				q += ", "
			}
			name := quoteIdent(c[0])
			switch c[1] {
			case "float", "double":
				q += "IFNULL(" + name + "+0e0, 'NULL')"
			case "bit":
				q += "IFNULL(" + name + "+0, 'NULL')"
			default:
				q += "IF(" + name + " IS NULL, 'NULL', IF(LENGTH(" + name + ") > 4000, SHA2(" + name + ", 256), HEX(" + name + ")))"
			}
		}
		want := m.rowsOf(q + " FROM " + m.name + "." + quoteIdent(t[0]))
		got := m.rowsOf(q + " FROM " + m.to + "." + quoteIdent(t[0]))
		for _, rows := range [][][]string{want, got} {
			sort.Slice(rows, func(i, j int) bool { return fmt.Sprint(rows[i]) < fmt.Sprint(rows[j]) })
		}
		require.Equal(m.t, want, got, "table %s", t[0])
	}
}

func (m *mirror) end() string {
	m.t.Helper()
	p, err := m.source.End(m.t.Context())
	require.NoError(m.t, err)
	return p
}
