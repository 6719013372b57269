package mysql

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// asUser has the fixture's source log in as a user of the test's own, who has these privileges and no RELOAD, as managed
// servers have it.
func (f *fixture) asUser(d *servertest.Database, grants ...string) {
	f.t.Helper()
	user := "plain_" + d.Name
	f.exec("DROP USER IF EXISTS "+user, "CREATE USER "+user+" IDENTIFIED BY 'p'")
	for _, g := range grants {
		f.exec("GRANT " + g + " TO " + user)
	}
	s, err := openSource(f.t.Context(), connector.Config{URL: strings.Replace(d.URL, "whimbrel:secret", user+":p", 1)})
	require.NoError(f.t, err)
	f.t.Cleanup(func() {
		_ = s.Close()
		_, _ = f.db.ExecContext(context.Background(), "DROP USER "+user)
	})
	f.source = s.(*source)
}

// shift moves money between two tables, without pause, until the context ends. Rows of children go with their parents.
func shift(ctx context.Context, db *sql.DB, writers int) (wait func() error) {
	var g errgroup.Group
	for w := range writers {
		g.Go(func() error {
			for n := 0; ctx.Err() == nil; n++ {
				tx, err := db.BeginTx(context.Background(), nil)
				if err != nil {
					return err
				}
				for _, q := range []string{
					fmt.Sprintf("UPDATE giver SET v = v - 1 WHERE id = %d", w), fmt.Sprintf("UPDATE taker SET v = v + 1 WHERE id = %d", w),
					fmt.Sprintf("INSERT INTO beside VALUES (%d, %d)", w, n), fmt.Sprintf("DELETE FROM parent WHERE id = %d", w),
				} {
					if _, err = tx.Exec(q); err != nil {
						break
					}
				}
				// The server may choose a writer as the victim of a deadlock with the lock of the tables.
				if code, _ := codeOf(err); code == 1213 {
					_ = tx.Rollback()
				} else if err = errorsOr(err, tx.Commit); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return g.Wait
}

func errorsOr(err error, then func() error) error {
	if err != nil {
		return err
	}
	return then()
}

// TestTablesAreLockedWhereTheServerMayNotBe: a user without RELOAD gets one moment of the selected tables for all readers,
// though writers commit without pause.
func TestTablesAreLockedWhereTheServerMayNotBe(t *testing.T) {
	for name, d := range map[string]func(testing.TB) *servertest.Database{"MariaDB": servertest.MariaDB, "MySQL": servertest.MySQL} {
		t.Run(name, func(t *testing.T) {
			d := d(t)
			f := newFixture(t, d)
			f.exec("CREATE TABLE giver (id INT PRIMARY KEY, v INT)", "CREATE TABLE taker (id INT PRIMARY KEY, v INT)", "CREATE TABLE beside (w INT, n INT)",
				"CREATE TABLE parent (id INT PRIMARY KEY)", "INSERT INTO giver VALUES (0,1000),(1,1000),(2,1000),(3,1000)", "INSERT INTO taker SELECT * FROM giver")
			f.asUser(d, "SELECT, LOCK TABLES ON "+d.Name+".*")
			ctx, cancel := context.WithCancel(t.Context())
			wait := shift(ctx, f.db, 4)
			defer func() {
				cancel()
				require.NoError(t, wait())
			}()
			tables := []catalog.Name{{Schema: d.Name, Name: "giver"}, {Schema: d.Name, Name: "gone"}, {Schema: d.Name, Name: "taker"}}
			for range 5 {
				snap, err := f.source.SnapshotOf(t.Context(), 4, tables)
				require.NoError(t, err)
				var seen []string
				for _, se := range snap.(*snapshot).all {
					rows, err := se.query(t.Context(), "SELECT (SELECT SUM(v) FROM giver) + (SELECT SUM(v) FROM taker), (SELECT SUM(v * (id + 7)) FROM taker)")
					require.NoError(t, err)
					require.Equal(t, "8000", rows[0][0])
					seen = append(seen, rows[0][1])
				}
				require.Len(t, slices.Compact(seen), 1, "all readers see one moment")
				require.NoError(t, snap.Close())
			}
		})
	}
}

// TestLockOfTablesThatMayNotBe names the privileges, and waits for transactions that write to them.
func TestLockOfTablesThatMayNotBe(t *testing.T) {
	d := servertest.MySQL(t)
	f := newFixture(t, d)
	f.exec("CREATE TABLE giver (id INT PRIMARY KEY, v INT)", "INSERT INTO giver VALUES (0, 1)")
	tables := []catalog.Name{{Schema: d.Name, Name: "giver"}}
	f.asUser(d, "SELECT ON "+d.Name+".*")
	_, err := f.source.Capture(t.Context(), connector.StreamRequest{Tables: []connector.Followed{{Table: &catalog.Table{Name: tables[0]}}}}, 2)
	require.Equal(t, connector.Denied, connector.ClassOf(err))
	require.ErrorContains(t, err, "RELOAD (Amazon RDS, Aurora) GRANT LOCK TABLES ON")
	alone, err := f.source.SnapshotOf(t.Context(), 2, tables)
	require.NoError(t, err)
	require.Len(t, alone.(*snapshot).all, 1, "one reader needs no lock")
	require.NoError(t, alone.Close())

	f.asUser(d, "SELECT, LOCK TABLES ON "+d.Name+".*")
	tx, err := f.db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	_, err = tx.Exec("UPDATE giver SET v = 2")
	require.NoError(t, err)
	var g errgroup.Group
	g.Go(func() error {
		snap, err := f.source.SnapshotOf(t.Context(), 2, tables)
		if err != nil {
			return err
		}
		return snap.Close()
	})
	require.Eventually(t, func() bool {
		var waits int
		err := f.db.QueryRow("SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE 'LOCK TABLES%' AND state LIKE 'Waiting%'").Scan(&waits)
		return err == nil && waits > 0
	}, time.Minute, time.Millisecond)
	require.NoError(t, tx.Rollback())
	require.NoError(t, g.Wait())
}

// TestCascadesWaitForTheLockOfTables: rows that a foreign key would delete are there while their table is locked.
func TestCascadesWaitForTheLockOfTables(t *testing.T) {
	for name, d := range map[string]func(testing.TB) *servertest.Database{"MariaDB": servertest.MariaDB, "MySQL": servertest.MySQL} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, d(t))
			f.exec("CREATE TABLE parent (id INT PRIMARY KEY)", "INSERT INTO parent VALUES (1)",
				"CREATE TABLE child (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES parent (id) ON DELETE CASCADE)", "INSERT INTO child VALUES (1, 1)")
			locker, err := f.source.host.session(t.Context(), tableLockSettings)
			require.NoError(t, err)
			defer locker.close()
			_, err = locker.exec(t.Context(), lockTables([]catalog.Name{{Schema: f.name, Name: "child"}}))
			require.NoError(t, err)
			c, err := f.db.Conn(t.Context())
			require.NoError(t, err)
			defer func() { _ = c.Close() }()
			_, err = c.ExecContext(t.Context(), "SET lock_wait_timeout=1, innodb_lock_wait_timeout=1")
			require.NoError(t, err)
			_, err = c.ExecContext(t.Context(), "DELETE FROM parent")
			code, _ := codeOf(err)
			require.EqualValues(t, 1205, code)
		})
	}
}

// TestSnapshotUnderLockedTablesAndStreamMeet does what TestSnapshotAndStreamMeet does for a user without RELOAD.
func TestSnapshotUnderLockedTablesAndStreamMeet(t *testing.T) {
	const conf = "binlog_row_image=FULL"
	t.Run("MariaDB", func(t *testing.T) {
		d := servertest.PrivateMariaDB(t, conf)
		m := newMirror(t, d, true)
		m.asUser(d, "REPLICATION SLAVE, BINLOG MONITOR ON *.*", "SELECT ON *.*", "LOCK TABLES ON "+d.Name+".*")
		// Elsewhere it asks MariaDB first whether all readers happen to see one moment.
		snapshotAndStreamMeet(m, "FULL", 4, func(ctx context.Context, r connector.StreamRequest, readers int) (connector.Snapshot, error) {
			snap := &snapshot{host: m.source.host, idle: make(chan *link, readers), exact: true}
			snap.gone.signal = make(chan struct{})
			for _, f := range r.Tables {
				snap.tables = append(snap.tables, f.Table.Name)
			}
			err := snap.open(ctx, readers)
			return snap, errorsOr(err, func() error { return snap.beginTablesLocked(ctx, nil) })
		})
	})
	t.Run("MySQL", func(t *testing.T) {
		d := servertest.PrivateMySQL(t, conf)
		m := newMirror(t, d, true)
		m.asUser(d, "REPLICATION SLAVE, REPLICATION CLIENT ON *.*", "SELECT ON *.*", "LOCK TABLES ON "+d.Name+".*")
		snapshotAndStreamMeet(m, "FULL", 4, nil)
	})
}

// TestTablesThatCannotBeLocked: a transaction that does not end keeps the tables from being locked. The run says so after the last try, and
// leaves no lock behind that would keep writers out.
func TestTablesThatCannotBeLocked(t *testing.T) {
	d := servertest.MySQL(t)
	f := newFixture(t, d)
	f.exec("CREATE TABLE giver (id INT PRIMARY KEY, v INT)", "CREATE TABLE taker (id INT PRIMARY KEY, v INT)", "INSERT INTO giver VALUES (0, 1)", "INSERT INTO taker VALUES (0, 1)")
	tables := []catalog.Name{{Schema: d.Name, Name: "giver"}, {Schema: d.Name, Name: "taker"}}
	f.asUser(d, "SELECT, LOCK TABLES ON "+d.Name+".*")
	tx, err := f.db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	_, err = tx.Exec("UPDATE taker SET v = 2")
	require.NoError(t, err)
	start := time.Now()
	_, err = f.source.SnapshotOf(t.Context(), 2, tables)
	require.Equal(t, connector.Busy, connector.ClassOf(err), "a run that is repeated may succeed: %v", err)
	require.ErrorContains(t, err, "the tables cannot be locked for an instant")
	require.ErrorContains(t, err, "end long transactions that write to the tables")
	require.GreaterOrEqual(t, time.Since(start), lockTries*2*time.Second, "it has tried as often as it says")
	require.Eventually(t, func() bool { // a session ends a moment after its connection
		_, err := f.db.Exec("UPDATE giver SET v = 3")
		return err == nil
	}, time.Minute, time.Millisecond)
	require.NoError(t, tx.Rollback())
	snap, err := f.source.SnapshotOf(t.Context(), 2, tables)
	require.NoError(t, err, "once the transaction has ended it succeeds")
	require.NoError(t, snap.Close())
}
