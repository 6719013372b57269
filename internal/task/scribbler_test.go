package task_test

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// scribbler writes at random into tables that it makes itself.
type scribbler struct {
	t        *testing.T
	rand     *rand.Rand
	source   *end
	sessions []*sql.Conn
	open     []*scribbled // by session: how things were when its transaction began, nil when it has none
	tables   []*scribbledTable
	named    int // how many names there have been
	row      int // the last row's number
	history  []string
	failed   bool
	bare     bool // defaults do not reach the target
	minimal  bool // a session logs minimal rows, in which MariaDB leaves virtual columns out
	keyed    bool // all tables have keys: nothing is told of updates without one
}

type scribbledTable struct {
	name    string
	keyless bool
	// unique says that it has a unique column u that may be null, generated that it has one g that is computed.
	unique, generated bool
	// indexed says that g has an index, by which a server may look for rows and lock others.
	indexed bool
	columns []scribbledColumn
	// ids are the rows, each with the session that writes it, so that no session waits for another.
	ids map[int]int
}

type scribbledColumn struct {
	name string
	kind int
}

// scribbled is what a session has changed of the rows, to be put back when it gives up.
type scribbled struct {
	added, removed map[*scribbledTable]map[int]int
	savepoint      *scribbled
}

// scribbledKinds are types by engine, each with the one that it may be changed to (0: to none), and its values.
var scribbledKinds = []struct {
	native map[catalog.Family]string
	wider  int
	value  func(r *rand.Rand) string
}{
	{map[catalog.Family]string{catalog.PostgreSQL: "text", catalog.MySQL: "text", catalog.SQLite: "text"}, 0, scribbledText},
	{map[catalog.Family]string{catalog.PostgreSQL: "integer", catalog.MySQL: "int", catalog.SQLite: "integer"}, 2, func(r *rand.Rand) string { return fmt.Sprint(r.Int32() - 1<<30) }},
	{map[catalog.Family]string{catalog.PostgreSQL: "bigint", catalog.MySQL: "bigint", catalog.SQLite: "bigint"}, 3, func(r *rand.Rand) string { return fmt.Sprint(r.Int64N(1 << 40)) }},
	{map[catalog.Family]string{catalog.PostgreSQL: "numeric(24,2)", catalog.MySQL: "decimal(24,2)", catalog.SQLite: "decimal(24,2)"}, 0, func(r *rand.Rand) string { return fmt.Sprintf("%d.25", r.Int32()) }},
	{map[catalog.Family]string{catalog.PostgreSQL: "varchar(60)", catalog.MySQL: "varchar(60)", catalog.SQLite: "varchar(60)"}, 5, scribbledText},
	{map[catalog.Family]string{catalog.PostgreSQL: "varchar(200)", catalog.MySQL: "varchar(200)", catalog.SQLite: "varchar(200)"}, 0, scribbledText},
	{map[catalog.Family]string{catalog.PostgreSQL: "timestamp(3)", catalog.MySQL: "datetime(3)", catalog.SQLite: "timestamp(3)"}, 0, func(r *rand.Rand) string {
		return fmt.Sprintf("'20%02d-%02d-%02d 12:34:56.%03d'", r.IntN(99), 1+r.IntN(12), 1+r.IntN(28), r.IntN(1000))
	}},
	{map[catalog.Family]string{catalog.PostgreSQL: "varchar(40)", catalog.MySQL: "varchar(40) CHARACTER SET utf16", catalog.SQLite: "varchar(40)"}, 0, scribbledText},
	{map[catalog.Family]string{catalog.PostgreSQL: "char(1)", catalog.MySQL: "enum('a','b','c')", catalog.SQLite: "char(1)"}, 0, func(r *rand.Rand) string { return "'" + string(rune('a'+r.IntN(3))) + "'" }},
	{map[catalog.Family]string{catalog.PostgreSQL: "text", catalog.MySQL: "text", catalog.SQLite: "text"}, 0, scribbledLong},
}

// scribbledLong is so long now and then that PostgreSQL keeps it apart from its row, and too mixed to be made short.
func scribbledLong(r *rand.Rand) string {
	var b strings.Builder
	for range 1 + r.IntN(2)*200 {
		fmt.Fprintf(&b, "%016x", r.Uint64())
	}
	return "'" + b.String() + "'"
}

func scribbledText(r *rand.Rand) string {
	words := []string{"plain", "", "ünïcode €", "it''s", "東京", "long long long long long long long", "semi;colon"}
	return "'" + words[r.IntN(len(words))] + "'"
}

func newScribbler(t *testing.T, source *end, r *rand.Rand) *scribbler {
	w := &scribbler{t: t, rand: r, source: source, row: 1000, keyed: source.plugin == "pglogical"}
	sessions := 2
	if source.engine == "sqlite" {
		sessions = 1 // one transaction writes at a time
	}
	for range sessions {
		conn, err := source.db.Conn(context.Background())
		require.NoError(t, err)
		t.Cleanup(func() { _ = conn.Close() })
		if source.family == catalog.MySQL { // no session waits for the gaps between another's rows
			_, err = conn.ExecContext(context.Background(), "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")
			require.NoError(t, err)
			image := []string{"FULL", "MINIMAL", "NOBLOB"}[r.IntN(3)]
			w.minimal = w.minimal || image == "MINIMAL"
			_, err = conn.ExecContext(context.Background(), "SET SESSION binlog_row_image = "+image)
			require.NoError(t, err)
		}
		w.sessions, w.open = append(w.sessions, conn), append(w.open, nil)
	}
	return w
}

// scribble does a number of steps, and ends what it has begun.
func (w *scribbler) scribble() {
	for range 20 + w.rand.IntN(40) {
		if w.failed {
			return
		}
		if w.rand.IntN(6) == 0 {
			w.restructure()
		} else {
			w.step(w.rand.IntN(len(w.sessions)))
		}
	}
	w.settle()
}

// settle ends the open transactions.
func (w *scribbler) settle() {
	for i := range w.sessions {
		w.finish(i)
	}
}

// step does one thing in a session.
func (w *scribbler) step(session int) {
	if w.open[session] == nil {
		w.run(session, "BEGIN")
		w.open[session] = newScribbled()
	}
	switch w.rand.IntN(12) {
	case 0, 1:
		w.finish(session)
	case 2:
		if w.open[session].savepoint == nil {
			w.run(session, "SAVEPOINT here")
			w.open[session].savepoint = newScribbled()
		} else {
			w.run(session, "ROLLBACK TO SAVEPOINT here")
			w.open[session].savepoint.undo()
			w.open[session].savepoint = newScribbled()
		}
	default:
		w.changeRow(session)
	}
}

func newScribbled() *scribbled {
	return &scribbled{added: map[*scribbledTable]map[int]int{}, removed: map[*scribbledTable]map[int]int{}}
}

func (s *scribbled) undo() {
	for table, ids := range s.added {
		for id := range ids {
			delete(table.ids, id)
		}
	}
	for table, ids := range s.removed {
		maps.Copy(table.ids, ids)
	}
}

// finish commits a session's transaction, or gives it up.
func (w *scribbler) finish(session int) {
	s := w.open[session]
	if s == nil {
		return
	}
	w.open[session] = nil
	if w.rand.IntN(4) > 0 {
		w.run(session, "COMMIT")
		return
	}
	w.run(session, "ROLLBACK")
	if s.savepoint != nil {
		s.savepoint.undo()
	}
	s.undo()
}

// add and remove keep account of a table's rows.
func (w *scribbler) add(session int, table *scribbledTable, id int) {
	table.ids[id] = session
	s := w.innermost(session)
	if s.added[table] == nil {
		s.added[table] = map[int]int{}
	}
	s.added[table][id] = session
}

func (w *scribbler) remove(session int, table *scribbledTable, id int) {
	s := w.innermost(session)
	if _, own := s.added[table][id]; own {
		delete(s.added[table], id)
	} else {
		if s.removed[table] == nil {
			s.removed[table] = map[int]int{}
		}
		s.removed[table][id] = session
	}
	delete(table.ids, id)
}

func (w *scribbler) innermost(session int) *scribbled {
	if s := w.open[session]; s.savepoint == nil {
		return s
	}
	return w.open[session].savepoint
}

// changeRow writes, changes or deletes a row or a few hundred.
func (w *scribbler) changeRow(session int) {
	if len(w.tables) == 0 {
		return
	}
	table := w.tables[w.rand.IntN(len(w.tables))]
	if (table.keyless || table.unique || table.indexed) && session > 0 {
		return // a server may lock all its rows, or its unique values
	}
	if w.rand.IntN(3) == 0 {
		w.changeOddly(session, table)
		return
	}
	name := w.source.quote(table.name)
	id, there := w.pick(session, table)
	where := fmt.Sprintf(" WHERE id = %d", id)
	switch kind := w.rand.IntN(20); {
	case kind == 0 && session == 0:
		w.run(session, fmt.Sprintf("INSERT INTO %s (id) WITH RECURSIVE s (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 300) SELECT n + %d FROM s", name, w.row))
		for n := range 300 {
			w.add(session, table, w.row+n+1)
		}
		w.row += 300
	case kind < 8 || !there:
		w.row++
		w.add(session, table, w.row)
		columns, values := []string{"id"}, []string{fmt.Sprint(w.row)}
		for _, c := range table.columns {
			if w.rand.IntN(4) > 0 {
				columns, values = append(columns, w.source.quote(c.name)), append(values, w.value(c))
			}
		}
		w.run(session, fmt.Sprintf("INSERT INTO %s (%s) VALUES (%s)", name, strings.Join(columns, ", "), strings.Join(values, ", ")))
	case kind < 11:
		w.remove(session, table, id)
		w.run(session, "DELETE FROM "+name+where)
	case kind < 13:
		w.row++
		w.remove(session, table, id)
		w.add(session, table, w.row)
		w.run(session, fmt.Sprintf("UPDATE %s SET id = %d%s", name, w.row, where))
	case len(table.columns) > 0:
		c := table.columns[w.rand.IntN(len(table.columns))]
		w.run(session, fmt.Sprintf("UPDATE %s SET %s = %s%s", name, w.source.quote(c.name), w.value(c), where))
	}
}

// pick draws a row that the session may write.
func (w *scribbler) pick(session int, table *scribbledTable) (int, bool) {
	own := w.own(session, table)
	if len(own) == 0 {
		return 0, false
	}
	return own[w.rand.IntN(len(own))], true
}

// own are the rows that the session may write.
func (w *scribbler) own(session int, table *scribbledTable) []int {
	var own []int
	for id, of := range table.ids {
		if of == session {
			own = append(own, id)
		}
	}
	slices.Sort(own)
	return own
}

func (w *scribbler) value(c scribbledColumn) string {
	if w.rand.IntN(6) == 0 {
		return "NULL"
	}
	return scribbledKinds[c.kind].value(w.rand)
}
