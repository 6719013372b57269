package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/whimbreldb/whimbrel/internal/connector"
)

// The output plugins that are read.
const (
	pgoutput     = "pgoutput"
	testDecoding = "test_decoding"
	pglogical    = "pglogical_output" // of the extension pglogical
)

// slot is a replication slot as the server describes it.
type slot struct {
	plugin    string
	database  string
	here      bool // it belongs to our database
	active    int  // process that reads it, or 0
	confirmed lsn
	status    string // wal_status: reserved, extended, unreserved, lost
	retained  int64
	safe      int64 // bytes that may still be written before it is lost; -1 when there is no bound
}

const slotSQL = `SELECT coalesce(plugin, ''), coalesce(database, ''), coalesce(active_pid, 0), coalesce(confirmed_flush_lsn, '0/0'), coalesce(wal_status, ''),
 coalesce(pg_catalog.pg_wal_lsn_diff(CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_replay_lsn() ELSE pg_catalog.pg_current_wal_lsn() END, restart_lsn), -1)::int8,
 coalesce(safe_wal_size, -1), coalesce(database = pg_catalog.current_database(), false) FROM pg_catalog.pg_replication_slots WHERE slot_name = `

// readSlot returns nil when there is none.
func readSlot(ctx context.Context, w *wire, name string) (*slot, error) {
	var found *slot
	err := w.query(ctx, slotSQL+quoteLiteral(name), func(v [][]byte) error {
		s := &slot{plugin: string(v[0]), database: string(v[1]), active: signed(v[2]), status: string(v[4]), retained: int64(signed(v[5])), safe: int64(signed(v[6])), here: v[7][0] == 't'}
		var err error
		s.confirmed, err = parseLSN(string(v[3]))
		found = s
		return err
	})
	return found, classify(ctx, "look up replication slot "+name, err)
}

// slotName is the slot of a run.
func (s *source) slotName(r connector.StreamRequest) string {
	if s.settings.slot != "" && !r.Aside {
		return s.settings.slot
	}
	return runName(r.Run)
}

// check says why a slot that is there cannot serve.
func (s *slot) check(name, plugin string) error {
	fail := func(remedy, format string, args ...any) error {
		return &connector.Error{Class: connector.Invalid, Err: fmt.Errorf(format, args...), Remedy: remedy}
	}
	switch {
	case s.plugin != plugin:
		return fail("name another slot, or drop it and let Whimbrel make it", "replication slot %q decodes with %q; %s is read (PluginName)", name, s.plugin, plugin)
	case !s.here:
		return fail("name a slot of this database", "replication slot %q belongs to database %q", name, s.database)
	case s.status == "lost":
		return fail("drop it (SELECT pg_drop_replication_slot("+quoteLiteral(name)+")) and load anew; raise max_slot_wal_keep_size",
			"replication slot %q has lost the log it needs", name)
	}
	return nil
}

// dialReplication opens a connection that speaks the replication protocol too.
func dialReplication(ctx context.Context, cfg *pgx.ConnConfig, settings map[string]string) (*wire, error) {
	c := cfg.Copy()
	c.RuntimeParams["replication"] = "database"
	for k, v := range settings {
		c.RuntimeParams[k] = v
	}
	return dial(ctx, c)
}

// made is a slot that has just been made.
type made struct {
	position lsn
	snapshot string
}

// createSlot makes a slot; its snapshot lasts until the connection does something else.
func createSlot(ctx context.Context, w *wire, name, plugin string, temporary bool) (m made, err error) {
	kind := ""
	if temporary {
		kind = "TEMPORARY "
	}
	err = w.query(ctx, "CREATE_REPLICATION_SLOT "+quote(name)+" "+kind+"LOGICAL "+plugin+" (SNAPSHOT 'export')", func(v [][]byte) error {
		m.snapshot = string(v[2])
		m.position, err = parseLSN(string(v[1]))
		return err
	})
	if pg := serverErrorIn(err); pg != nil {
		switch pg.Code {
		case "58P01", "42704":
			if plugin == pglogical {
				return m, &connector.Error{Class: connector.Missing, Err: err, Remedy: mendPglogical}
			}
			return m, &connector.Error{Class: connector.Missing, Err: err, Remedy: "install PostgreSQL's contrib modules on the server, of which " + plugin + " is one, or set PluginName to pgoutput"}
		case insufficient:
			return m, &connector.Error{Class: connector.Denied, Err: err, Remedy: "ALTER ROLE " + quote(w.who.user) + " REPLICATION, on RDS GRANT rds_replication" + w.who.to()}
		case "53400":
			return m, &connector.Error{Class: connector.Full, Err: err, Remedy: "raise max_replication_slots, or drop a slot that nobody needs"}
		case "55000":
			return m, &connector.Error{Class: connector.Invalid, Err: err, Remedy: "ALTER SYSTEM SET wal_level = logical, then restart the server; on RDS set rds.logical_replication = 1 and reboot"}
		}
	}
	return m, err
}
