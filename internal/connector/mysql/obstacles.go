package mysql

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// Obstacles says what keeps the server's binary log from being followed, or from telling everything.
func (s *source) Obstacles(ctx context.Context, r connector.StreamRequest) ([]connector.Obstacle, error) {
	o := &obstacles{source: s, whole: slices.ContainsFunc(r.Tables, func(f connector.Followed) bool { return f.Whole })}
	for _, step := range []func(context.Context) error{o.server, o.replica, o.privileges, o.retention, o.prepared} {
		if err := step(ctx); err != nil {
			return nil, classify(ctx, fmt.Errorf("look at the source's binary log: %w", err))
		}
	}
	for _, f := range r.Tables {
		o.table(f.Table)
	}
	return o.found, nil
}

type obstacles struct {
	source *source
	whole  bool // values before a change are asked for
	logs   bool
	serves bool // it answers those who ask for its log
	found  []connector.Obstacle
}

func (o *obstacles) add(about connector.Subject, fatal bool, what, remedy string) {
	o.found = append(o.found, connector.Obstacle{About: about, Fatal: fatal, What: what, Remedy: remedy})
}

// server looks at the server's variables.
func (o *obstacles) server(ctx context.Context) error {
	v, err := o.variables(ctx, "log_bin", "binlog_format", "binlog_row_image", "binlog_row_value_options", "server_id", "binlog_row_metadata",
		"log_slave_updates", "log_replica_updates")
	if err != nil {
		return err
	}
	o.logs = v["log_bin"] == "ON"
	if !o.logs {
		o.add(connector.LogLevel, true, "log_bin is OFF: the server keeps no binary log", "Set log_bin = binlog and server_id = 1 in the server's configuration, and restart it")
	}
	if f := v["binlog_format"]; f != "ROW" {
		o.add(connector.LogFormat, true, "binlog_format is "+f+": changes are logged as statements", "SET GLOBAL binlog_format = ROW, and have all sessions reconnect")
	}
	if o.serves = o.logs && v["server_id"] != "0"; v["server_id"] == "0" {
		o.add(connector.ServerID, true, "server_id is 0: the server serves no replicas", "SET GLOBAL server_id = 1")
	}
	switch i := v["binlog_row_image"]; {
	case i == "" || i == "FULL":
	case o.whole:
		o.add(connector.LogImage, true, "binlog_row_image is "+i+", and values before a change are asked for, which are not logged then",
			"SET GLOBAL binlog_row_image = FULL, and have all sessions reconnect")
	default:
		o.add(connector.LogImage, false, "binlog_row_image is "+i+": values that an update leaves alone are not logged, and tables without a key cannot be followed",
			"SET GLOBAL binlog_row_image = FULL, and have all sessions reconnect")
	}
	if p := v["binlog_row_value_options"]; p != "" && v["binlog_row_image"] != "FULL" {
		o.add(connector.LogImage, true, "binlog_row_value_options is "+p+" and binlog_row_image is not FULL: of JSON columns only differences are logged, to documents that are not",
			"SET GLOBAL binlog_row_value_options = '', or binlog_row_image = FULL, and have all sessions reconnect")
	}
	return nil
}

func (o *obstacles) variables(ctx context.Context, names ...string) (map[string]string, error) {
	v := map[string]string{}
	query := "SHOW GLOBAL VARIABLES WHERE variable_name IN ('" + strings.Join(names, "', '") + "')"
	err := each(ctx, o.source.host.control, "read the server's variables", query, nil, func(scan scanFunc) error {
		var name, value string
		if err := scan(&name, &value); err != nil {
			return err
		}
		v[strings.ToLower(name)] = value
		return nil
	})
	return v, err
}

// replica looks whether a server that replicates from another logs what it gets from there.
func (o *obstacles) replica(ctx context.Context) error {
	v, err := o.variables(ctx, "log_slave_updates", "log_replica_updates")
	if err != nil || v["log_slave_updates"] == "ON" || v["log_replica_updates"] == "ON" {
		return err
	}
	statement := "SHOW REPLICA STATUS"
	if o.source.host.mariadb {
		statement = "SHOW ALL SLAVES STATUS"
	}
	rows, err := o.source.host.control.QueryContext(ctx, statement)
	if err != nil {
		return nil //nolint:nilerr // who may not ask is told by privileges what is missing
	}
	defer func() { _ = rows.Close() }()
	if rows.Next() {
		o.add(connector.Replica, true, "log_slave_updates is OFF on a replica: what it gets from its primary is not in its binary log",
			"Set log_slave_updates = ON in the server's configuration and restart it, or take the primary as the source")
	}
	return rows.Err()
}

// privileges tries what the stream will do.
func (o *obstacles) privileges(ctx context.Context) error {
	if !o.serves {
		return nil
	}
	end, err := o.source.End(ctx)
	if connector.ClassOf(err) == connector.Denied {
		o.add(connector.Replication, true, "the user may not ask where the binary log ends", "GRANT "+o.source.host.monitor()+" ON *.* TO "+o.source.host.account(ctx))
		return nil
	}
	if err != nil {
		return err
	}
	at, err := parsePosition(end, o.source.host.mariadb)
	if err != nil {
		return err
	}
	_, err = o.source.beginOf(ctx, connector.StreamRequest{Run: "privileges of " + o.source.Identity()}, logFile{name: at.file})
	if connector.ClassOf(err) == connector.Denied {
		o.add(connector.Replication, true, "the user may not read the binary log", "GRANT REPLICATION SLAVE ON *.* TO "+o.source.host.account(ctx))
		return nil
	}
	return err
}

// enough is for how long a log should be kept.
const enough = 24 * 3600

func (o *obstacles) retention(ctx context.Context) error {
	keep, remedy, err := o.source.expiry(ctx)
	if err != nil || !o.logs || keep == 0 || keep.Seconds() >= enough {
		return err
	}
	after := "after " + keep.String()
	if keep <= soon {
		after = "as soon as the server likes"
	}
	o.add(connector.LogRetention, false, "the binary log is purged "+after+": a migration that is interrupted for longer begins anew", remedy)
	return nil
}

// prepared looks for XA transactions that are prepared and will commit later, where the settings ask for it.
func (o *obstacles) prepared(ctx context.Context) error {
	if !o.source.options.seekXA {
		return nil
	}
	var open int
	err := each(ctx, o.source.host.control, "look for open XA transactions", "XA RECOVER", nil, func(scan scanFunc) error {
		open++
		var format, gtrid, bqual int
		var data []byte
		return scan(&format, &gtrid, &bqual, &data)
	})
	if err == nil && open > 0 {
		o.add("", false, fmt.Sprintf("%d XA transactions are prepared: their changes follow when they commit, for which the source must still have its log from when they were prepared", open),
			"XA COMMIT or XA ROLLBACK them soon; XA RECOVER lists them")
	}
	return err
}

// table looks at what a table lacks.
func (o *obstacles) table(t *catalog.Table) {
	add := func(about connector.Subject, what, remedy string) {
		o.found = append(o.found, connector.Obstacle{About: about, Table: t.Name, What: what, Remedy: remedy})
	}
	if len(identity(t)) == 0 {
		add(connector.Identity, "the table has no primary key and no unique key of columns that are not null: each change of a row looks at the whole table",
			"ALTER TABLE "+quoteTable(t.Name)+" ADD PRIMARY KEY (…)")
	}
	if !transactional(t) {
		add(connector.Storage, "the table's engine "+t.Native[nativeEngine]+" has no transactions: rows that change while it is loaded may be loaded as they were before or after",
			"ALTER TABLE "+quoteTable(t.Name)+" ENGINE = InnoDB, or keep writers away during the load")
	}
	for _, k := range t.ForeignKeys {
		if cascades(k.OnDelete) || cascades(k.OnUpdate) {
			add(connector.Cascade, "the foreign key "+k.Name+" changes rows by itself, which the binary log does not hold",
				"Delete and update those rows by statements or triggers at the source, whose changes are logged")
		}
	}
}

func cascades(action string) bool {
	a := strings.ToUpper(action)
	return strings.HasPrefix(a, "CASCADE") || strings.HasPrefix(a, "SET ")
}
