package sqlite

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// next returns the next event that says something, and puts its changes back.
func (c *captured) next(st connector.Stream) connector.Event {
	c.t.Helper()
	for {
		e, err := st.Next(c.t.Context())
		require.NoError(c.t, err)
		if e.Changes != nil || e.Structure != nil {
			return e
		}
	}
}

// joined makes a table, has it joined and returns the stream before the table's rows are read.
func (c *captured) joined(script string) connector.Stream {
	c.t.Helper()
	c.request.Wanted = func(catalog.Name) bool { return true }
	c.request.Reject = func(_ int, r change.Reject) error { return r }
	st := c.stream(c.start())
	c.exec(script)
	e := c.next(st)
	require.Equal(c.t, connector.Created, e.Structure.Kind)
	c.request.Tables = append(c.request.Tables, followAll(len(c.request.Tables), e.Structure.Table))
	require.NoError(c.t, st.Follow(c.request.Tables[len(c.request.Tables)-1]))
	return st
}

// TestRenamedBeforeItsRowsAreRead: a column of a new table gets another name before the rows that are there are read, and
// somebody else writes, so that the log cannot tell yet. SQLite takes the old name, quoted, for a text: every row would come
// with the name for a value.
func TestRenamedBeforeItsRowsAreRead(t *testing.T) {
	f := capture(t, "CREATE TABLE first (id INTEGER PRIMARY KEY)")
	st := f.joined("CREATE TABLE n (id INTEGER PRIMARY KEY, c int); INSERT INTO n VALUES (1, 10), (2, 20)")
	f.exec("ALTER TABLE n RENAME COLUMN c TO d")
	writer, err := f.app.Conn(t.Context())
	require.NoError(t, err)
	_, err = writer.ExecContext(t.Context(), "BEGIN IMMEDIATE")
	require.NoError(t, err)
	e, err := st.Next(t.Context())
	require.NoError(t, err)
	require.Nil(t, e.Changes, "rows are read although the log does not tell what the columns are called")
	_, err = writer.ExecContext(t.Context(), "COMMIT")
	require.NoError(t, err)
	require.NoError(t, writer.Close())
	e = f.next(st)
	require.NotNil(t, e.Structure)
	require.Equal(t, map[string]string{"c": "d"}, e.Structure.Renamed)
	f.request.Tables[1] = followAll(1, e.Structure.Table)
	require.NoError(t, st.Follow(f.request.Tables[1]))
	require.Equal(t, []string{"n INSERT - (1,10)", "n INSERT - (2,20)"}, f.changes(st))
}

// TestReplacedBeforeItsRowsAreRead: another table has taken the name of a new one before the rows that are there are read.
func TestReplacedBeforeItsRowsAreRead(t *testing.T) {
	f := capture(t, "CREATE TABLE first (id INTEGER PRIMARY KEY)")
	st := f.joined("CREATE TABLE n (id INTEGER PRIMARY KEY, c int); INSERT INTO n VALUES (1, 10), (2, 20)")
	f.exec("BEGIN; ALTER TABLE n RENAME TO old; CREATE TABLE n (id INTEGER PRIMARY KEY, c int); INSERT INTO n VALUES (7, 7); COMMIT")
	e := f.next(st)
	require.NotNil(t, e.Structure, "rows of another table are read")
	require.Equal(t, connector.Altered, e.Structure.Kind)
	require.Equal(t, "old", e.Structure.Table.Name.Name)
	f.request.Tables[1] = followAll(1, e.Structure.Table)
	require.NoError(t, st.Follow(f.request.Tables[1]))
	e = f.next(st)
	for e.Changes == nil {
		require.Equal(t, connector.Created, e.Structure.Kind)
		f.request.Tables = append(f.request.Tables, followAll(2, e.Structure.Table))
		require.NoError(t, st.Follow(f.request.Tables[2]))
		e = f.next(st)
	}
	require.Equal(t, 1, e.Changes.Tables[0].Table)
	require.Equal(t, "(1,10)", showRow(&e.Changes.Tables[0].New, 0))
}
