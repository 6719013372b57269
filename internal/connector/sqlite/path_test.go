package sqlite

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// newFile makes a database from a script and returns its path.
func newFile(tb testing.TB, script string) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "shop.db")
	target := openTestTarget(tb, path)
	require.NoError(tb, target.Exec(tb.Context(), []catalog.Statement{{SQL: script}}))
	require.NoError(tb, target.Close())
	return path
}

func openTestSource(tb testing.TB, path string) connector.Source {
	tb.Helper()
	s, err := Engine().OpenSource(tb.Context(), connector.Config{URL: "sqlite:" + path})
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, s.Close()) })
	return s
}

func openTestTarget(tb testing.TB, path string) connector.Target {
	tb.Helper()
	t, err := Engine().OpenTarget(tb.Context(), connector.Config{URL: "sqlite:" + path})
	require.NoError(tb, err)
	return t
}

// carrier moves tables the way a task does, in one goroutine.
type carrier struct {
	native   bool
	careful  bool
	segment  int64 // bytes
	rejected []change.Reject
}

func (m *carrier) reject(r change.Reject) error {
	m.rejected = append(m.rejected, r)
	return nil
}

func (m *carrier) carry(ctx context.Context, from connector.Source, to connector.Target) error {
	cat, err := from.Inspect(ctx, connector.InspectOptions{Objects: true})
	if err != nil {
		return err
	}
	snapshot, err := from.Snapshot(ctx, 2)
	if err != nil {
		return err
	}
	defer snapshot.Close()
	for _, t := range cat.Schemas[0].Tables {
		script := Dialect{}.Script(t, true)
		if err := to.Exec(ctx, script.Create); err != nil {
			return err
		}
		segments, err := snapshot.Split(ctx, t, connector.SplitOptions{SegmentBytes: m.segment})
		if err != nil {
			return err
		}
		for _, s := range segments {
			if err := m.carrySegment(ctx, snapshot, to, t, s); err != nil {
				return err
			}
		}
		for _, ss := range [][]catalog.Statement{script.Indexes, script.Attach, script.Finish} {
			if err := to.Exec(ctx, ss); err != nil {
				return err
			}
		}
	}
	return nil
}

func (m *carrier) carrySegment(ctx context.Context, from connector.Snapshot, to connector.Target, t *catalog.Table, s connector.Segment) error {
	read := connector.ReadRequest{Table: t, Segment: s, Pool: change.NewPool(2, 0), Reject: m.reject}
	load := connector.LoadRequest{Table: t, Careful: m.careful, Reject: m.reject, Mark: connector.Mark{Run: "r", Table: t.Name, Segment: s}}
	for _, c := range t.Columns {
		if c.Generated != "" {
			continue
		}
		layout := from.Layout(c)
		if m.native {
			layout = change.Native
		}
		read.Columns = append(read.Columns, connector.ReadColumn{Column: c, Layout: layout})
		load.Columns = append(load.Columns, connector.LoadColumn{Column: c, Layout: layout})
	}
	loader, err := to.Load(ctx, load)
	if err != nil {
		return err
	}
	defer loader.Abort()
	var n connector.Counts
	read.Emit = func(b *change.Batch) error {
		defer read.Pool.Put(b)
		n.Rows += int64(b.Rows())
		n.Bytes += int64(b.Size())
		return loader.Write(ctx, b)
	}
	if err := from.Read(ctx, read); err != nil {
		return err
	}
	return loader.Commit(ctx, n)
}

// rows returns every row of a query as SQLite's own quote() writes its values.
func rows(tb testing.TB, path, sql string) []string {
	tb.Helper()
	at, err := parseURL("sqlite:"+path, "ro")
	require.NoError(tb, err)
	c, err := openConn(at, 1) // read only
	require.NoError(tb, err)
	defer c.close()
	var out []string
	require.NoError(tb, c.query(sql, func(s *stmt) error {
		out = append(out, s.text(0))
		return nil
	}))
	return out
}

const shop = `
CREATE TABLE customer (id INTEGER PRIMARY KEY AUTOINCREMENT, name VARCHAR(40) NOT NULL COLLATE NOCASE, born DATE,
  credit DECIMAL(12,2) DEFAULT 0 CONSTRAINT rich CHECK (credit >= 0), note TEXT, photo BLOB, active BOOLEAN DEFAULT 1,
  CONSTRAINT one_name UNIQUE (name));
CREATE TABLE "order" (id INTEGER PRIMARY KEY, customer INT REFERENCES customer ON DELETE CASCADE, at TIMESTAMP, total REAL,
  twice REAL AS (total * 2) STORED);
CREATE TABLE tag (k TEXT, v ANY, PRIMARY KEY (k, v)) WITHOUT ROWID, STRICT;
CREATE INDEX order_at ON "order" (at DESC) WHERE total > 10;
CREATE UNIQUE INDEX customer_lower ON customer (lower(name), born);
CREATE VIEW rich AS SELECT * FROM customer WHERE credit > 100;
CREATE TRIGGER bump AFTER INSERT ON "order" BEGIN UPDATE customer SET note = 'x' WHERE id = new.customer; END;
INSERT INTO customer (name, born, credit, note, photo, active) VALUES ('Ann', '1990-02-28', 12.34, NULL, x'00ff', 1),
  ('Zoë', NULL, 0, '', zeroblob(70000), 0);
INSERT INTO "order" (id, customer, at, total) VALUES (5, 1, '2024-01-02 03:04:05.678', 9.5), (-7, 2, NULL, NULL);
INSERT INTO tag VALUES ('a', 1), ('a', 1.5), ('b', 'x');
`

func TestShopArrivesWhole(t *testing.T) {
	for _, native := range []bool{true, false} {
		from := newFile(t, shop)
		to := filepath.Join(t.TempDir(), "copy.db")
		target := openTestTarget(t, to)
		m := &carrier{native: native}
		if !native {
			// An ANY column is read as bytes, and two of its values are numbers.
			defer func() { require.Len(t, m.rejected, 2) }()
		}
		require.NoError(t, m.carry(t.Context(), openTestSource(t, from), target))
		require.NoError(t, target.Close())
		for _, q := range []string{
			"SELECT quote(id)||quote(name)||quote(born)||quote(credit)||quote(note)||quote(photo)||quote(active) FROM customer",
			`SELECT quote(id)||quote(customer)||quote(at)||quote(total)||quote(twice) FROM "order"`,
			"SELECT quote(seq) FROM sqlite_sequence WHERE name = 'customer'",
			"SELECT sql FROM sqlite_schema WHERE type IN ('table', 'index') AND name NOT LIKE 'awsdms%'",
		} {
			require.ElementsMatch(t, rows(t, from, q), rows(t, to, q), q)
		}
		require.Equal(t, []string{"ok"}, rows(t, to, "PRAGMA integrity_check"))
		require.Len(t, rows(t, to, "SELECT 1 FROM awsdms_load_progress WHERE done"), 3)
	}
}
