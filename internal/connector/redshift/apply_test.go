package redshift

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/servertest"
	"github.com/whimbreldb/whimbrel/internal/typemap"
)

// session opens one that applies changes.
func (b *bench) session(t *target, o connector.ApplyOptions) connector.ApplySession {
	b.t.Helper()
	s, err := t.Apply(context.Background(), o)
	require.NoError(b.t, err)
	b.t.Cleanup(func() { _ = s.Close() })
	return s
}

// set is a set of rows of public.t, all of whose columns are texts here.
func (b *bench) set(t *target, op change.Op, key []int, rows ...[]string) connector.RowSet {
	table := b.described(t)
	var columns []connector.LoadColumn
	for _, c := range table.Columns {
		columns = append(columns, connector.LoadColumn{Column: c, Layout: change.Text})
	}
	s := connector.RowSet{Op: op, Table: table, Key: key, Unique: len(key) > 0}
	if op == change.Delete {
		s.OldColumns, s.Old = columns, texts(rows)
	} else {
		s.Columns, s.Rows = columns, texts(rows)
	}
	return s
}

// TestASessionThatWasLostIsWaitedFor: the server is still at work on a COMMIT whose connection was lost; whoever goes on must see what comes
// of it, or the changes would be in twice.
func TestASessionThatWasLostIsWaitedFor(t *testing.T) {
	b := newBench(t)
	target := b.open()
	b.make(target, "id integer")
	lost := b.session(target, connector.ApplyOptions{Run: "r", Alone: true})
	require.NoError(t, lost.Begin(t.Context()))
	_, err := lost.Write(t.Context(), []connector.RowSet{b.set(target, change.Insert, nil, []string{"1"})})
	require.NoError(t, err)

	committing, goOn := make(chan struct{}), make(chan struct{})
	release := sync.OnceFunc(func() { close(goOn) })
	t.Cleanup(release)
	var seen atomic.Bool
	b.Before(func(sql string) error {
		switch {
		case sql == "COMMIT" && !seen.Swap(true):
			close(committing)
			<-goOn
		case strings.HasPrefix(sql, "LOCK TABLE"):
			release()
		}
		return nil
	})
	ended := make(chan error, 1)
	go func() {
		ended <- lost.Commit(context.Background(), connector.Checkpoint{Run: "r", Server: "here", Position: "7", At: time.Now()})
	}()
	<-committing
	b.Cut()
	require.Equal(t, connector.Lost, connector.ClassOf(<-ended))

	other := b.session(b.open(), connector.ApplyOptions{Run: "r", Alone: true})
	require.NoError(t, other.Begin(t.Context()))
	c, ok, err := target.Checkpoint(t.Context(), "r")
	require.NoError(t, err)
	require.True(t, ok, "what was committed is not seen, and would be applied again")
	require.Equal(t, "7", c.Position)
	require.Equal(t, []string{"1"}, b.column("SELECT id FROM public.t"))
}

// TestBlanksAtTheEndOfAKeyTellRowsApart: Redshift takes 'a' and 'a  ' for equal, so that a change of the one must not reach the other. So does
// PostgreSQL in a bpchar, which the column here is.
func TestBlanksAtTheEndOfAKeyTellRowsApart(t *testing.T) {
	for _, c := range []struct {
		op   change.Op
		key  []int
		rows [][]string
		want []string
	}{
		{change.Delete, []int{0}, [][]string{{"a  ", "2"}}, []string{"[]4", "[a]1", "[b ]3", "[NULL]5"}},
		{change.Delete, []int{0}, [][]string{{"a  ", "2"}, {"b", "9"}}, []string{"[]4", "[a]1", "[b ]3", "[NULL]5"}},
		{change.Delete, nil, [][]string{{"a", "2"}, {"a", "1"}, {"NULL", "5"}}, []string{"[]4", "[a  ]2", "[b ]3"}},
		{change.Update, []int{0}, [][]string{{"a", "7"}}, []string{"[]4", "[a]7", "[a  ]2", "[b ]3", "[NULL]5"}},
		{change.Update, []int{0}, [][]string{{"a", "7"}, {" ", "8"}, {"b ", "9"}}, []string{"[]4", "[a]7", "[a  ]2", "[b ]9", "[NULL]5"}},
	} {
		b := newBench(t)
		_, err := servertest.OpenDB(t, "pgx", b.Behind.URL).Exec(`CREATE TABLE public.t (k bpchar, v integer)`)
		require.NoError(t, err)
		target := b.open()
		s := b.session(target, connector.ApplyOptions{Run: "r"})
		require.NoError(t, s.Begin(t.Context()))
		for _, set := range []connector.RowSet{b.set(target, change.Insert, nil, []string{"a", "1"}, []string{"a  ", "2"}, []string{"b ", "3"}, []string{"", "4"}, []string{"NULL", "5"}), b.set(target, c.op, c.key, c.rows...)} {
			set.Table.Columns[0].BaseType, set.Table.Columns[0].Type = typemap.FromNative(catalog.Redshift, "varchar(20)")
			if set.Op == change.Delete && len(c.key) == 0 {
				set.Key = []int{0, 1}
			}
			_, err := s.Write(t.Context(), []connector.RowSet{set})
			require.NoError(t, err)
		}
		require.NoError(t, s.Commit(t.Context(), connector.Checkpoint{}))
		require.ElementsMatch(t, c.want, b.column("SELECT concat('[', coalesce(k, 'NULL'), ']', v) FROM public.t"), "%s %v", c.op, c.rows)
	}
}

// TestLongDocumentsGoThroughTheBucket: json_parse takes what a VARCHAR holds, and a SUPER more than that.
func TestLongDocumentsGoThroughTheBucket(t *testing.T) {
	b := newBench(t)
	target := b.open()
	b.make(target, "id integer PRIMARY KEY, doc super")
	s := b.session(target, connector.ApplyOptions{Run: "r"})
	require.NoError(t, s.Begin(t.Context()))
	document := func(n int) string { return "[" + strings.TrimSuffix(strings.Repeat("1,", n), ",") + "]" }
	for _, set := range []connector.RowSet{
		b.set(target, change.Insert, nil, []string{"1", document(1)}, []string{"2", document(50_000)}, []string{"3", "NULL"}),
		b.set(target, change.Update, []int{0}, []string{"1", document(40_000)}),
		b.set(target, change.Update, []int{0}, []string{"2", document(2)}),
	} {
		_, err := s.Write(t.Context(), []connector.RowSet{set})
		require.NoError(t, err)
	}
	require.NoError(t, s.Commit(t.Context(), connector.Checkpoint{}))
	require.Equal(t, []string{"1 40000", "2 2", "3 NULL"}, b.column("SELECT id || ' ' || coalesce(jsonb_array_length(doc)::text, 'NULL') FROM public.t ORDER BY id"))
	require.Empty(t, b.objects())
}

// TestTextsOfManyBackslashes: JSON within JSON, paths and patterns are full of them.
func TestTextsOfManyBackslashes(t *testing.T) {
	b := newBench(t)
	target := b.open()
	b.make(target, "id integer PRIMARY KEY, v varchar(65535)")
	s := b.session(target, connector.ApplyOptions{Run: "r"})
	require.NoError(t, s.Begin(t.Context()))
	var all strings.Builder // with a character of each kind that could stand in
	for c := byte(1); c < 0x7f; c++ {
		all.WriteByte(c)
	}
	texts := []string{`\`, strings.Repeat(`\`, mostJoined+1), strings.Repeat(`\`, 65535), strings.Repeat(`{\"^\":'\\'}~`, 4000), all.String() + strings.Repeat(`\`, mostJoined)}
	for _, text := range texts {
		_, err := s.Write(t.Context(), []connector.RowSet{b.set(target, change.Insert, nil, []string{"1", "before"})})
		require.NoError(t, err)
		_, err = s.Write(t.Context(), []connector.RowSet{b.set(target, change.Update, []int{0}, []string{"1", text})})
		require.NoError(t, err)
		n, err := s.Write(t.Context(), []connector.RowSet{b.set(target, change.Delete, []int{0, 1}, []string{"1", text})})
		require.NoError(t, err)
		require.Equal(t, []int64{1}, n, "it is found again: %.80q", text)
		_, err = s.Write(t.Context(), []connector.RowSet{b.set(target, change.Insert, nil, []string{"1", text})})
		require.NoError(t, err)
		rows, err := s.(*session).c.rows(t.Context(), "SELECT v FROM public.t")
		require.NoError(t, err)
		require.Equal(t, [][]string{{text}}, rows)
		_, err = s.Write(t.Context(), []connector.RowSet{b.set(target, change.Delete, []int{0}, []string{"1", ""})})
		require.NoError(t, err)
	}
	require.NoError(t, s.Commit(t.Context(), connector.Checkpoint{}))
}
