package postgres

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// HeartbeatEnable writes to the source, so that a stream of tables that rest, in a server where nothing else happens, moves on.
func TestHeartbeat(t *testing.T) {
	d := servertest.PrivatePostgreSQL(t, servertest.PostgreSQL15, "wal_level=logical")
	p := newPair(t, d, d)
	source, err := Engine().OpenSource(t.Context(), connector.Config{URL: d.URL, Settings: map[string]string{"HeartbeatEnable": "true", "HeartbeatSchema": "beats", "HeartbeatFrequency": "1"}})
	require.NoError(t, err)
	defer func() { _ = source.Close() }()
	p.source = source
	execute(t, d, `CREATE SCHEMA beats`, `CREATE TABLE t (id int PRIMARY KEY)`)
	f := p.follow(true, "t")
	f.capture()
	start := f.at
	require.Eventually(t, func() bool {
		return lines(t, d, `SELECT (to_regclass('beats.awsdms_heartbeat') IS NOT NULL)::text`)[0] == "true" &&
			lines(t, d, `SELECT count(*)::text FROM beats.awsdms_heartbeat WHERE hb_last_heartbeat_by = current_user`)[0] == "1"
	}, 20*time.Second, 20*time.Millisecond)
	require.Eventually(t, func() bool {
		f.next()
		order, err := p.streamer().Compare(f.at, start)
		require.NoError(t, err)
		return order > 0
	}, 20*time.Second, 10*time.Millisecond)
	require.Zero(t, f.applied, "the heartbeat itself is nobody's change")
}

// A slot that is about to lose what it needs is warned of while it can still be helped.
func TestSlotThatLagsIsWarnedOf(t *testing.T) {
	d := servertest.PrivatePostgreSQL(t, servertest.PostgreSQL15, "wal_level=logical", "max_slot_wal_keep_size=64MB", "min_wal_size=32MB", "max_wal_size=64MB")
	p := newPair(t, d, d)
	execute(t, d, `CREATE TABLE t (id int PRIMARY KEY)`, `CREATE TABLE other (v text)`, `ALTER TABLE other ALTER v SET STORAGE EXTERNAL`)
	f := p.follow(true, "t")
	f.capture()
	require.Empty(t, f.stream.Status().Warning)
	warned := ""
	for range 30 {
		execute(t, d, `INSERT INTO other SELECT repeat(i::text, 500000) FROM generate_series(1, 4) i`)
		var found *slot
		require.NoError(t, p.source.(*source).withSide(context.Background(), func(w *wire) (err error) {
			found, err = readSlot(context.Background(), w, p.source.(*source).slotName(f.request))
			return err
		}))
		if warned = found.warning("s"); warned != "" {
			require.NotContains(t, warned, "has lost", "warned in time")
			break
		}
	}
	require.Contains(t, warned, "max_slot_wal_keep_size")
	require.Eventually(t, func() bool { return f.stream.Status().Warning != "" }, 20*time.Second, 20*time.Millisecond, "the stream says so too")
}

// AfterConnectScript runs on every connection of the target, also on the one that applies changes.
func TestAfterConnectScriptOfTarget(t *testing.T) {
	from, to := servertest.PostgreSQL(t, servertest.PostgreSQL15), servertest.PostgreSQL(t, servertest.PostgreSQL18)
	p := newPair(t, from, to)
	p.both(`CREATE TABLE t (id int PRIMARY KEY, who text)`)
	target, err := Engine().OpenTarget(t.Context(), connector.Config{URL: to.URL, Settings: map[string]string{"AfterConnectScript": "SET application_name = 'scripted'"}})
	require.NoError(t, err)
	defer func() { _ = target.Close() }()
	p.target = target
	execute(t, to, `CREATE FUNCTION sign() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN NEW.who = current_setting('application_name'); RETURN NEW; END$$`,
		`CREATE TRIGGER signs BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION sign()`, `ALTER TABLE t ENABLE ALWAYS TRIGGER signs`)
	f := p.follow(true, "t")
	f.capture()
	execute(t, from, `INSERT INTO t VALUES (1, 'source')`)
	f.catchUp()
	require.Equal(t, []string{"scripted"}, lines(t, to, `SELECT who FROM t`))

	broken, err := Engine().OpenTarget(t.Context(), connector.Config{URL: to.URL, Settings: map[string]string{"AfterConnectScript": "NONSENSE"}})
	if err == nil { // it is run where a connection is opened, which may be later
		defer func() { _ = broken.Close() }()
		_, err = broken.(connector.Applier).Apply(t.Context(), connector.ApplyOptions{Run: "x"})
	}
	require.ErrorContains(t, err, "AfterConnectScript")
}
