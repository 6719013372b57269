package assess

import (
	"context"
	"fmt"
	"strconv"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// hostedChecks look at what the services that host databases add to them, and at what they are in a chain of servers.
func hostedChecks() []check {
	return []check{
		{name: "check-binlog-retention-time", about: "Amazon RDS keeps the binary log for a day", side: onSource, engines: mysqls, when: Kind.follows, run: rdsRetention},
		{name: "check-source-replica", about: "The source is a primary", side: onSource, engines: []string{"mysql"}, when: Kind.follows, run: sourceReplica},
		{name: "check-aurora-read-only", about: "The source is a writer of its cluster, not a reader", side: onSource, engines: []string{"mysql"}, when: Kind.follows, run: auroraReader},
		{name: "tblnum-for-max-fullload-subtasks", about: "Tables do not wait for one another (MaxFullLoadSubTasks)", side: onSource, engines: mysqls, when: Kind.loads, run: tablesAtOnce},
		{name: "check-rds-roles", about: "On Amazon RDS the user has the role that may replicate", side: onSource, engines: postgreses, when: Kind.follows, run: rdsRoles},
		{name: "aurora-check-source-replica-role-cdc", about: "A source that is a reader of Aurora has version 16 or later", side: onSource, engines: postgreses, when: Kind.follows, run: auroraStandby},
	}
}

// rdsRetention reads what mysql.rds_set_configuration sets. RDS removes binary logs as soon as nobody on it needs them, unless that says
// otherwise: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/mysql-stored-proc-configuring.html
func rdsRetention(ctx context.Context, s *subject) ([]Finding, error) {
	there, err := ask(ctx, s.AskSource, "SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'mysql' AND TABLE_NAME = 'rds_configuration'")
	if err != nil {
		return nil, err
	}
	if there[0][0] == "0" {
		return nil, skipped("the source is not one of Amazon RDS; check-expire-logs-days looks at the server's own setting")
	}
	rows, err := ask(ctx, s.AskSource, "SELECT COALESCE(value, '0') FROM mysql.rds_configuration WHERE name = 'binlog retention hours'")
	if err != nil {
		return nil, fmt.Errorf("read the retention of the binary log: %w", err)
	}
	hours := 0
	if len(rows) > 0 {
		hours, _ = strconv.Atoi(rows[0][0])
	}
	if hours >= 24 {
		return nil, nil
	}
	return []Finding{{
		Status: Warning, Object: "binlog retention hours", Reason: fmt.Sprintf("it is %d: RDS may remove binary logs that a stopped migration has not read", hours),
		Mend: "CALL mysql.rds_set_configuration('binlog retention hours', 24)",
	}}, nil
}

func sourceReplica(ctx context.Context, s *subject) ([]Finding, error) {
	rows, err := ask(ctx, s.AskSource, "SHOW REPLICA STATUS")
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	return []Finding{{
		Status: Warning, Object: s.Source, Reason: "the source is itself a replica: its delay adds to that of the migration",
		Mend: "follow its primary instead, or end the replication at the cutover: STOP REPLICA; RESET REPLICA ALL",
	}}, nil
}

// auroraReader asks what Aurora says to be asked: its readers are InnoDB servers that only read.
// https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/AuroraMySQL.Reference.ParameterGroups.html
func auroraReader(ctx context.Context, s *subject) ([]Finding, error) {
	rows, err := ask(ctx, s.AskSource, "SELECT @@global.innodb_read_only")
	if err != nil || rows[0][0] == "0" {
		return nil, err
	}
	return []Finding{{
		Object: "innodb_read_only", Reason: "the source is a reader, which keeps no binary log of what its writer does",
		Mend: "name the writer as the source: the cluster's own endpoint",
	}}, nil
}

// auroraStandby knows Aurora by a function that it has.
func auroraStandby(ctx context.Context, s *subject) ([]Finding, error) {
	rows, err := ask(ctx, s.AskSource, "SELECT count(*)::text FROM pg_catalog.pg_proc WHERE proname = 'aurora_version'")
	if err != nil {
		return nil, err
	}
	if rows[0][0] == "0" {
		return nil, skipped("the source is not Aurora; postgres-check-source-replica-role-cdc looks at other standbys")
	}
	return s.obstacles(func(o connector.Obstacle) bool { return o.About == connector.Replica }), nil
}

// mostSubTasks is the largest MaxFullLoadSubTasks.
const mostSubTasks = 49

func tablesAtOnce(_ context.Context, s *subject) ([]Finding, error) {
	tables, at := len(s.tables()), s.Settings.FullLoadSettings.MaxFullLoadSubTasks
	if tables <= at || at >= mostSubTasks {
		return nil, nil
	}
	return []Finding{{
		Status: Warning, Object: "MaxFullLoadSubTasks", Reason: fmt.Sprintf("%d tables are to be loaded, %d at once", tables, at),
		Mend: fmt.Sprintf("where both servers have processors to spare, set FullLoadSettings.MaxFullLoadSubTasks to %d", min(tables, mostSubTasks)),
	}}, nil
}

// rdsRoles looks for the role that stands for REPLICATION where nobody can be given that.
func rdsRoles(ctx context.Context, s *subject) ([]Finding, error) {
	rows, err := ask(ctx, s.AskSource, `SELECT current_user::text, pg_catalog.pg_has_role(oid, 'MEMBER')::text FROM pg_catalog.pg_roles WHERE rolname = 'rds_replication'`)
	switch {
	case err != nil:
		return nil, err
	case len(rows) == 0:
		return nil, skipped("the source is not one of Amazon RDS or Aurora: it has no role rds_replication")
	case rows[0][1] == "true":
		return nil, nil
	}
	return []Finding{{
		Object: "role rds_replication", Reason: "user " + rows[0][0] + " has it not, and may not follow changes",
		Mend: "GRANT rds_replication TO " + quote(catalog.PostgreSQL, rows[0][0]),
	}}, nil
}
