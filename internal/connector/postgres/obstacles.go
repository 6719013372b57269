package postgres

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// On RDS and Aurora nobody has the attribute REPLICATION, nor is a superuser: membership in rds_replication and rds_superuser takes
// their place (AWS DMS User Guide, "Using a PostgreSQL database as an AWS DMS source"; untested against the real one).
const serverSettingsSQL = `SELECT name, setting FROM pg_catalog.pg_settings WHERE name IN
 ('wal_level', 'max_replication_slots', 'max_wal_senders', 'wal_sender_timeout', 'max_slot_wal_keep_size', 'server_version_num', 'hot_standby_feedback')
 UNION ALL SELECT 'slots', count(*)::text FROM pg_catalog.pg_replication_slots
 UNION ALL SELECT 'senders', count(*)::text FROM pg_catalog.pg_stat_replication
 UNION ALL SELECT 'slot', count(*)::text FROM pg_catalog.pg_replication_slots WHERE slot_name = %s
 UNION ALL SELECT 'replication', (rolsuper OR rolreplication OR EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.rolname = 'rds_replication'
  AND pg_catalog.pg_has_role(current_user, r.oid, 'USAGE')))::text FROM pg_catalog.pg_roles WHERE rolname = current_user
 UNION ALL SELECT 'rds', count(*)::text FROM pg_catalog.pg_roles WHERE rolname IN ('rds_replication', 'rds_superuser')
 UNION ALL SELECT 'user', current_user::text
 UNION ALL SELECT 'recovery', pg_catalog.pg_is_in_recovery()::text
 UNION ALL SELECT 'super', (rolsuper OR EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.rolname = 'rds_superuser'
  AND pg_catalog.pg_has_role(current_user, r.oid, 'USAGE')))::text FROM pg_catalog.pg_roles WHERE rolname = current_user`

// Obstacles implements connector.Streamer.
func (s *source) Obstacles(ctx context.Context, r connector.StreamRequest) (all []connector.Obstacle, err error) {
	err = s.withSide(ctx, func(w *wire) error {
		v := map[string]string{}
		if err := w.query(ctx, fmt.Sprintf(serverSettingsSQL, quoteLiteral(s.slotName(r))), func(row [][]byte) error {
			v[string(row[0])] = string(row[1])
			return nil
		}); err != nil {
			return classify(ctx, "look at the server's settings", err)
		}
		all = s.serverObstacles(v)
		if signed([]byte(v["server_version_num"])) < firstFollowed {
			return nil // its catalogue does not know what is asked about tables
		}
		tables, err := s.tableObstacles(ctx, w, r)
		all = append(all, tables...)
		if err != nil {
			return err
		}
		own, err := s.pglogicalObstacles(ctx, w, r)
		if all = append(all, own...); err != nil {
			return err
		}
		standby, err := s.standbyObstacles(ctx, w, r, v)
		all = append(all, standby...)
		return err
	})
	return all, err
}

// firstFollowed is the first version that can be followed: publications know of filters and columns since.
const firstFollowed = 150_000

func (s *source) serverObstacles(v map[string]string) []connector.Obstacle {
	var all []connector.Obstacle
	add := func(about connector.Subject, fatal bool, remedy, format string, args ...any) {
		all = append(all, connector.Obstacle{About: about, Fatal: fatal, What: fmt.Sprintf(format, args...), Remedy: remedy})
	}
	value := func(name string) int { return signed([]byte(v[name])) }
	mend := remediesOf(value("rds") > 0)
	if n := value("server_version_num"); n < firstFollowed {
		add("", true, "upgrade the server to PostgreSQL 15 or later", "the server is version %d; following changes needs 15", n/10_000)
	}
	if v["wal_level"] != "logical" {
		add(connector.LogLevel, true, mend.logical, "wal_level is %s; following changes needs logical", v["wal_level"])
	}
	if v["replication"] != "true" {
		add(connector.Replication, true, fmt.Sprintf(mend.replicate, quote(v["user"])), "user %s may not replicate", v["user"])
	}
	if value("slot") == 0 && value("slots") >= value("max_replication_slots") {
		add(connector.Slots, true, fmt.Sprintf(mend.restart, "max_replication_slots", strconv.Itoa(value("slots")+4)), "all %d replication slots are taken (max_replication_slots)", value("max_replication_slots"))
	}
	if value("senders") >= value("max_wal_senders") {
		add(connector.Senders, true, fmt.Sprintf(mend.restart, "max_wal_senders", strconv.Itoa(value("senders")+4)), "all %d senders of the log are taken (max_wal_senders)", value("max_wal_senders"))
	}
	if t := value("wal_sender_timeout"); t > 0 && t < 10_000 {
		add(connector.SenderPause, false, fmt.Sprintf(mend.reload, "wal_sender_timeout", mend.minute), "wal_sender_timeout is %d ms: a short break of the link ends the stream", t)
	}
	if n := value("max_slot_wal_keep_size"); n >= 0 {
		add(connector.LogRetention, false, fmt.Sprintf(mend.reload, "max_slot_wal_keep_size", "-1"), "max_slot_wal_keep_size is %d MB: while the migration is stopped for long, the slot is lost", n)
	}
	if v["recovery"] == "true" && value("server_version_num") < firstDecodingStandby {
		add(connector.Replica, true, "follow the primary", "the server is a standby, and logical decoding on one needs version 16")
	}
	if s.settings.captureDDL && v["super"] != "true" {
		add(connector.DDLEvents, false, mend.events, "user %s may not make event triggers: new, dropped and renamed tables are not seen, and changed columns when the next row comes", v["user"])
	}
	return all
}

// remedies are what mends a server's settings and a user's rights.
type remedies struct{ logical, replicate, restart, reload, minute, events string }

// remediesOf names those of RDS, where ALTER SYSTEM and attributes of roles are out of reach, or of a server of one's own.
func remediesOf(rds bool) remedies {
	if rds {
		return remedies{
			logical:   "set rds.logical_replication = 1 in the DB parameter group, then reboot the instance",
			replicate: "GRANT rds_replication TO %s",
			restart:   "set %s = %s in the DB parameter group, then reboot the instance",
			reload:    "set %s = %s in the DB parameter group", minute: "60000",
			events: "run as a member of rds_superuser once, or set CaptureDdls to false",
		}
	}
	return remedies{
		logical:   "ALTER SYSTEM SET wal_level = logical, then restart the server",
		replicate: "ALTER ROLE %s REPLICATION",
		restart:   "ALTER SYSTEM SET %s = %s, then restart the server",
		reload:    "ALTER SYSTEM SET %s = %s; SELECT pg_reload_conf()", minute: "'60s'",
		events: "run as a superuser once, or set CaptureDdls to false",
	}
}

const identitiesSQL = `SELECT n.nspname, c.relname, c.relreplident, c.relpersistence, ` + fit + `,
 EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid AND i.indisprimary), c.relkind, ` + keyed + `
 FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p') AND (n.nspname, c.relname) IN (%s)`

// tableObstacles looks at what identifies the rows of each table.
func (s *source) tableObstacles(ctx context.Context, w *wire, r connector.StreamRequest) ([]connector.Obstacle, error) {
	if len(r.Tables) == 0 {
		return nil, nil
	}
	names, whole := make([]catalog.Name, len(r.Tables)), map[catalog.Name]bool{}
	for i, f := range r.Tables {
		whole[f.Table.Name], names[i] = f.Whole, f.Table.Name
	}
	var all []connector.Obstacle
	look := func(v [][]byte) error {
		o := connector.Obstacle{About: connector.Identity, Table: catalog.Name{Schema: string(v[0]), Name: string(v[1])}}
		o.What, o.Remedy = s.identityObstacle(&rowIdentity{name: o.Table, replica: v[2][0], persistence: v[3][0], fit: v[4][0] == 't', primary: v[5][0] == 't', root: v[6][0] == 'p', keyed: v[7][0] == 't'})
		if o.What != "" {
			all = append(all, o)
		}
		if whole[o.Table] && v[2][0] != 'f' && v[6][0] == 'r' { // of a partitioned table, that of its partitions counts
			all = append(all, connector.Obstacle{
				About: connector.Identity, Table: o.Table, Fatal: true,
				What:   "values before a change are asked for, and the log tells keys alone: its replica identity is not full",
				Remedy: "ALTER TABLE " + quoteName(o.Table) + " REPLICA IDENTITY FULL",
			})
		}
		return nil
	}
	for chunk := range slices.Chunk(names, namesPerLookup) { // the server takes a list of many names for conditions within each other, and has no stack for them
		if err := w.query(ctx, fmt.Sprintf(identitiesSQL, nameList(chunk)), look); err != nil {
			return nil, classify(ctx, "look at the tables' replica identities", err)
		}
	}
	return all, nil
}

// rowIdentity is what is known of how a table's rows are told apart.
type rowIdentity struct {
	name                 catalog.Name
	replica, persistence byte
	fit, primary, root   bool
	keyed                bool // for pglogical
}

func (s *source) identityObstacle(t *rowIdentity) (what, remedy string) {
	alter := "ALTER TABLE " + quoteName(t.name) + " "
	missed := ": its updates and deletes are not followed"
	switch {
	case s.settings.plugin == testDecoding:
		missed = ": an update or delete of it suspends it"
	case s.settings.publication != "":
		missed = ": the server refuses UPDATE and DELETE on it while publication " + quote(s.settings.publication) + " (setting PublicationName) has it"
	}
	full := alter + "REPLICA IDENTITY FULL"
	if s.settings.plugin == pglogical {
		if what, remedy = t.halfOfKey(); what != "" || t.replica == 'f' {
			return what, remedy
		}
	}
	switch {
	case t.persistence == 'u':
		return "the table is unlogged: its changes are in no log", alter + "SET LOGGED"
	case t.fit:
		return "", ""
	case t.root:
		return "it is partitioned, and it or a partition of it has no primary key" + strings.Replace(missed, "its updates", "updates", 1) + ", but those of partitions with a replica identity of their own", alter + "ADD PRIMARY KEY (…), or ALTER TABLE … REPLICA IDENTITY FULL of each partition"
	case t.replica == 'n':
		return "its replica identity is nothing" + missed, full
	case t.replica == 'd' && !t.primary:
		return "it has no primary key" + missed, full
	case t.replica == 'd':
		return "its primary key is deferrable, or has a generated column, and identifies no row in the log" + missed, full
	case t.replica == 'i':
		return "the index of its replica identity is gone or of no use for it" + missed, full
	}
	return "its replica identity is full and has generated columns, which the log does not tell" + missed, alter + "REPLICA IDENTITY USING INDEX …"
}
