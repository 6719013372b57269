package assess

import (
	"context"
	"slices"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// about ties DMS's checks of a source's change stream to what the connector finds: one truth for both.
var about = []struct {
	engines     []string
	name, about string
	subject     connector.Subject
}{
	{mysqls, "check-binlog-enabled", "The source keeps a binary log", connector.LogLevel},
	{mysqls, "check-binlog-format", "The binary log holds rows, not statements", connector.LogFormat},
	{mysqls, "check-binlog-image", "The binary log holds whole rows", connector.LogImage},
	{mysqls, "check-server-id", "The source serves replicas (server_id)", connector.ServerID},
	{mysqls, "check-database-role", "A source that is a replica logs what it gets", connector.Replica},
	{mysqls, "check-replication-privileges", "The user may read the binary log", connector.Replication},
	{mysqls, "check-expire-logs-days", "The binary log is kept for at least a day", connector.LogRetention},
	{mysqls, "check-table-storage-engine", "Tables have transactions", connector.Storage},
	{mysqls, "check-cascade-constraints", "No foreign key changes rows that the log does not hold", connector.Cascade},
	{postgreses, "check-wallevel", "wal_level is logical", connector.LogLevel},
	{postgreses, "check-replication-slots-count", "A replication slot is free", connector.Slots},
	{postgreses, "check-maxwalsenders", "A sender of the log is free (max_wal_senders)", connector.Senders},
	{postgreses, "check-walsenderstimeout", "wal_sender_timeout is at least 10 seconds", connector.SenderPause},
	{postgreses, "check-maxslot-wal-keep-size", "The log is kept for as long as the migration is stopped", connector.LogRetention},
	{postgreses, "check-source-replica-role-cdc", "A source that is a standby has version 16 or later", connector.Replica},
	{postgreses, "check-pglogical", "pglogical is loaded and in the database, where PluginName asks for it", connector.Extension},
	{postgreses, "check-pglogical-replica-identity-full", "No table has a full replica identity, where pglogical reads the log", connector.FullIdentity},
	{postgreses, "check-pk", "Every table has a primary key or a full replica identity", connector.Identity},
	{postgreses, "check-ddl-event-trigger", "The user may make the event trigger that tells changes of structure", connector.DDLEvents},
}

// ChangesCheck is our own check: everything about the change stream that DMS has no name for.
const ChangesCheck = "whimbrel-check-changes"

func changeChecks() []check {
	var all []check
	for _, a := range about {
		all = append(all, check{
			name: a.name, about: a.about, side: onSource, engines: a.engines, when: Kind.follows,
			run: func(_ context.Context, s *subject) ([]Finding, error) {
				return s.obstacles(func(o connector.Obstacle) bool { return o.About == a.subject }), nil
			},
		})
	}
	return append(all, check{
		name: ChangesCheck, about: "Nothing else keeps the source's changes from being followed", when: Kind.follows,
		run: func(_ context.Context, s *subject) ([]Finding, error) {
			return s.obstacles(func(o connector.Obstacle) bool { return !s.named(o.About) }), nil
		},
	})
}

// named reports whether a check of its own reports what is about a subject. Keys that a source lacks are reported for all.
func (s *subject) named(a connector.Subject) bool {
	if a == connector.Identity {
		return true
	}
	for _, one := range about {
		if one.subject == a && slices.Contains(one.engines, s.kind.Source) {
			return true
		}
	}
	return false
}

func (s *subject) obstacles(wanted func(connector.Obstacle) bool) (found []Finding) {
	for _, o := range s.Obstacles {
		if !wanted(o) {
			continue
		}
		f := Finding{Status: Warning, Object: s.Source, Reason: o.What, Mend: o.Remedy}
		// Updates and deletes of a PostgreSQL table without an identity are in no stream, and an unlogged one tells nothing.
		if o.Fatal || o.About == connector.Identity && s.SourceEngine.Family == catalog.PostgreSQL {
			f.Status = Failed
		}
		if o.Table != (catalog.Name{}) {
			f.Object = o.Table.String()
		}
		found = append(found, f)
	}
	return found
}
