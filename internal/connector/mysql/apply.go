package mysql

import (
	"context"
	"fmt"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/connector/mysql/wire"
)

var _ connector.Applier = (*target)(nil)

// applySettings are the session variables of an apply session, beside those of a loader. Without autocommit a
// transaction begins by itself with its first statement, and commands that are on their way already when the server
// has rolled back a deadlock's victim begin a new transaction, which is then rolled back, instead of committing one by one.
const applySettings = loadSettings + ", autocommit=0"

// Apply opens a session that applies changes.
func (t *target) Apply(ctx context.Context, o connector.ApplyOptions) (connector.ApplySession, error) {
	if err := t.createStates(ctx); err != nil {
		return nil, err
	}
	se, err := t.host.changeSession(ctx, t.settings(applySettings))
	if err != nil {
		return nil, fmt.Errorf("open an apply session: %w", err)
	}
	a := &applySession{target: t, run: o.Run, marked: o.Marked, link: se, bulk: t.host.mariadb, flavour: parseVersion(t.host.version).flavour, statements: newStatementCache(o.Statements)}
	if o.Alone {
		if err := a.alone(ctx); err != nil {
			se.close()
			return nil, err
		}
	}
	if err := a.learn(ctx); err != nil {
		se.close()
		return nil, err
	}
	return a, nil
}

// changeSession is session with what applying needs of the protocol.
func (s *host) changeSession(ctx context.Context, settings string) (*link, error) {
	return s.sessionOver(ctx, settings, wire.Options{Changes: true})
}

// learn asks what of the target the session cannot set aside, and makes other writers wait as little as may be: row
// locks without gaps, where the server's own binary log allows that.
func (a *applySession) learn(ctx context.Context) error {
	var binlog bool
	var format string
	err := a.target.host.control.QueryRowContext(ctx, "SELECT @@log_bin, @@binlog_format").Scan(&binlog, &format)
	if err == nil && (!binlog || format != "STATEMENT") {
		_, err = a.link.exec(ctx, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")
	}
	if err != nil {
		return classify(ctx, fmt.Errorf("prepare the apply session: %w", err))
	}
	a.target.warnOfLoss(ctx)
	a.enforced, err = a.target.triggers(ctx)
	return err
}

// warnOfLoss tells when commits need not be on the disk: no statement of a client makes them so, and what a source has
// been told to forget by then is nowhere.
func (t *target) warnOfLoss(ctx context.Context) {
	var flush int
	if err := t.host.control.QueryRowContext(ctx, "SELECT @@global.innodb_flush_log_at_trx_commit").Scan(&flush); err != nil || flush == 1 || flush == 3 {
		return
	}
	when := "its machine loses power"
	if flush == 0 {
		when = "it crashes"
	}
	t.host.log.WarnContext(ctx, "the target may lose commits of the last second or more, and with them changes that the source keeps no longer",
		"innodb_flush_log_at_trx_commit", flush, "lost_when", when, "remedy", "SET GLOBAL innodb_flush_log_at_trx_commit = 1")
}

// triggersNamed is how many triggers an explanation names.
const triggersNamed = 3

// triggers says which tables of the target have triggers: no session of these servers can set them aside.
func (t *target) triggers(ctx context.Context) (string, error) {
	query := "SELECT CONCAT(event_object_schema, '.', event_object_table, ' (', trigger_name, ')') FROM information_schema.triggers" +
		" WHERE event_object_schema NOT IN " + systemSchemas
	var args []any
	if db := t.host.cfg.database; db != "" {
		query, args = query+" AND event_object_schema = ?", append(args, db)
	}
	var names []string
	err := each(ctx, t.host.control, "look for triggers", query+" ORDER BY 1", args, func(scan scanFunc) error {
		var name string
		names = append(names, "")
		if err := scan(&name); err != nil {
			return err
		}
		names[len(names)-1] = name
		return nil
	})
	if err != nil || len(names) == 0 {
		return "", classify(ctx, err)
	}
	text := strings.Join(names[:min(len(names), triggersNamed)], ", ")
	if more := len(names) - triggersNamed; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return "tables have triggers, which MySQL and MariaDB run for every session: " + text, nil
}
