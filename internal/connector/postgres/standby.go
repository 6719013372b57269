package postgres

import (
	"context"
	"fmt"

	"github.com/whimbreldb/whimbrel/internal/connector"
)

// firstDecodingStandby is the first version whose standbys decode their log.
const firstDecodingStandby = 160_000

// standbyObstacles says what a standby that is to be followed needs of its primary, since nothing can be made on itself.
func (s *source) standbyObstacles(ctx context.Context, w *wire, r connector.StreamRequest, settings map[string]string) (all []connector.Obstacle, err error) {
	if settings["recovery"] != "true" || signed([]byte(settings["server_version_num"])) < firstDecodingStandby {
		return nil, nil
	}
	add := func(about connector.Subject, fatal bool, remedy, what string) {
		all = append(all, connector.Obstacle{About: about, Fatal: fatal, What: "the server is a standby: " + what, Remedy: remedy})
	}
	switch s.settings.plugin {
	case pglogical:
		add("", true, "set PluginName to pgoutput, or follow the primary", "the replication sets of pglogical cannot be made on it")
	case pgoutput:
		if err := s.standbyPublication(ctx, w, r, add); err != nil {
			return nil, err
		}
	}
	if settings["hot_standby_feedback"] != "on" {
		add("", false, "on the standby: ALTER SYSTEM SET hot_standby_feedback = on; SELECT pg_reload_conf()", "hot_standby_feedback is off, and its slot is lost when the primary cleans rows of the catalog up that it needs")
	}
	if s.settings.captureDDL {
		add(connector.DDLEvents, false, "follow the primary, or set CaptureDdls to false", "the event triggers that tell of new, dropped and renamed tables cannot be made on it; changed columns are seen when the next row comes")
	}
	if s.settings.heartbeat {
		add("", false, "set HeartbeatEnable to false", "no heartbeat can be written on it")
	}
	add("", false, "on the primary, while the slot is being made: SELECT pg_log_standby_snapshot()", "making a slot waits until the primary tells which transactions run there, which it does by itself only while it is written to")
	return all, nil
}

// standbyPublication looks for the publication, which the primary has to have.
func (s *source) standbyPublication(ctx context.Context, w *wire, r connector.StreamRequest, add func(connector.Subject, bool, string, string)) error {
	names, partitions := followedNames(r)
	if s.settings.publication != "" || len(names) == 0 {
		return nil // one that is named is looked at by itself
	}
	found, err := readPublications(ctx, w, "")
	if err != nil {
		return err
	}
	if fitting(found, "", names, partitions) == "" {
		add("", true, "on the primary: CREATE PUBLICATION "+ownPublicationOfUser+" FOR TABLE "+quoteTables(names, ""), "no publication has all the tables, and none can be made on it")
	}
	return nil
}

// ownPublicationOfUser is a name for a publication that a user makes; those that begin as ours do are not taken.
const ownPublicationOfUser = "to_be_moved"

// onStandby reports whether the server is a standby, on which nothing can be made.
func onStandby(ctx context.Context, w *wire) (is bool, err error) {
	err = w.query(ctx, "SELECT pg_catalog.pg_is_in_recovery()", func(v [][]byte) error {
		is = v[0][0] == 't'
		return nil
	})
	if err != nil {
		err = fmt.Errorf("ask whether the server is a standby: %w", err)
	}
	return is, err
}
