package mysql

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// target writes to a server.
type target struct {
	host *host
	// localInfile is whether the server takes LOAD DATA LOCAL.
	localInfile bool
	// histories is whether it takes earlier rows of system-versioned tables.
	histories bool
	// warnings is how many a session keeps by itself (max_error_count).
	warnings int
	// packet is the largest command that the server takes (max_allowed_packet): at one that is larger it ends the session.
	packet int64
	// plainTimestamps is whether a TIMESTAMP column is nullable and without a default unless its DDL says otherwise.
	plainTimestamps bool

	// links that are set up for loading and between two loads.
	idle struct {
		sync.Mutex
		links  []*link
		closed bool
	}
}

var (
	_ connector.Target    = (*target)(nil)
	_ connector.Dialected = (*target)(nil)
)

// targetMode refuses what it would otherwise change, and takes the dates that only these servers know.
const targetMode = "STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES,NO_ENGINE_SUBSTITUTION,ERROR_FOR_DIVISION_BY_ZERO"

// loadSettings are the session variables of a loader. Unique checks stay on: without them InnoDB may take duplicates
// into a unique index.
const loadSettings = "sql_mode='" + targetMode + "', foreign_key_checks=0, sql_notes=1"

// fewestWarnings is how many warnings a session must keep to be told what the server has changed in a row; the servers keep 64 or 1024
// unless somebody has set less.
const fewestWarnings = 64

// leastPacket is the max_allowed_packet without which rows do not get through: they are sent in commands and packets of half of it, with a row more.
const leastPacket = 1 << 20

// settings are session variables, with more warnings where the server keeps too few. MySQL 8 lets nobody ask for them without
// SESSION_VARIABLES_ADMIN, which DMS's own list of rights does not have: so they are asked for there alone.
func (t *target) settings(of string) string {
	if t.warnings < fewestWarnings {
		of += fmt.Sprintf(", max_error_count=%d", fewestWarnings)
	}
	return of
}

func openTarget(ctx context.Context, c connector.Config) (connector.Target, error) {
	ends, err := targetOptions(c.Settings)
	if err != nil {
		return nil, err
	}
	s, err := connect(ctx, c, targetMode, ends)
	if err != nil {
		return nil, mayNotEnter(err, targetRights)
	}
	t := &target{host: s}
	if err := s.control.QueryRowContext(ctx, "SELECT @@local_infile, @@explicit_defaults_for_timestamp, @@max_error_count, @@max_allowed_packet").
		Scan(&t.localInfile, &t.plainTimestamps, &t.warnings, &t.packet); err != nil {
		_ = s.close()
		return nil, classify(ctx, fmt.Errorf("ask for the server's variables: %w", err))
	}
	if t.packet < leastPacket {
		_ = s.close()
		return nil, &connector.Error{
			Class: connector.Invalid, Remedy: "SET GLOBAL max_allowed_packet = 67108864",
			Err: fmt.Errorf("the target takes no more than %d bytes at once (max_allowed_packet), and rows are sent in up to %d", t.packet, leastPacket),
		}
	}
	if t.histories, err = takesHistories(ctx, s); err != nil {
		_ = s.close()
		return nil, classify(ctx, err)
	}
	if !t.localInfile {
		s.log.Warn("the server refuses LOAD DATA LOCAL, so rows go in by INSERT, which takes about twice as long",
			"remedy", "SET GLOBAL local_infile=1")
	}
	return t, nil
}

// Identity names the database.
func (t *target) Identity() string { return t.host.cfg.identity() }

// DefaultSchema is the database the URL names.
func (t *target) DefaultSchema() string { return t.host.cfg.database }

// Describe looks up tables.
func (t *target) Describe(ctx context.Context, names []catalog.Name) (map[catalog.Name]*connector.Existing, error) {
	found, err := describe(ctx, t.host.control, names)
	return found, classify(ctx, err)
}

// Exists looks up what a Ref points at.
func (t *target) Exists(ctx context.Context, r catalog.Ref) (bool, error) {
	if r.Kind == catalog.NoRef {
		return false, nil
	}
	found, err := exists(ctx, t.host.control, r)
	return found, classify(ctx, err)
}

// Exec runs statements on one connection, because some set variables for those after them. Every DDL statement
// commits by itself here.
func (t *target) Exec(ctx context.Context, ss []catalog.Statement) error {
	if len(ss) == 0 {
		return nil
	}
	c, err := t.host.control.Conn(ctx)
	if err != nil {
		return classify(ctx, fmt.Errorf("open a connection for DDL: %w", err))
	}
	defer func() { _ = c.Close() }()
	if !t.plainTimestamps {
		// Old servers let nobody change it; DDL that names every attribute does without.
		_, _ = c.ExecContext(ctx, "SET SESSION explicit_defaults_for_timestamp=1")
	}
	if t.host.mariadb {
		// A system-versioned table is altered as the source's was; servers before 10.3 have no such tables.
		_, _ = c.ExecContext(ctx, "SET SESSION system_versioning_alter_history=KEEP")
	}
	for _, s := range ss {
		// Emptying or dropping a table must not fail for the tables that refer to it.
		sql, loose := s.SQL, needsNoForeignKeys(s.SQL)
		if loose {
			if _, err := c.ExecContext(ctx, "SET foreign_key_checks=0"); err != nil {
				return classify(ctx, err)
			}
		}
		err := runDDL(ctx, c, sql)
		if loose && err == nil {
			_, err = c.ExecContext(ctx, "SET foreign_key_checks=1")
		}
		if err != nil {
			err = fmt.Errorf("run %s: %w", firstWords(sql), err)
			return classify(ctx, t.mayNotWrite(ctx, t.explainOrphan(ctx, err), t.schemaIn(sql)))
		}
	}
	return nil
}

func needsNoForeignKeys(sql string) bool {
	s := strings.ToUpper(strings.TrimSpace(sql))
	return strings.HasPrefix(s, "DROP TABLE") || strings.HasPrefix(s, "TRUNCATE")
}

// firstWords quotes the beginning of a statement for an error.
func firstWords(sql string) string {
	if len(sql) > 120 {
		sql = sql[:120] + "…"
	}
	return strings.Join(strings.Fields(sql), " ")
}

// Journal is the record of what runs have loaded.
func (t *target) Journal() connector.Journal { return &journal{target: t} }

// Close ends all connections that no load is using.
func (t *target) Close() error {
	t.idle.Lock()
	links := t.idle.links
	t.idle.links, t.idle.closed = nil, true
	t.idle.Unlock()
	for _, se := range links {
		se.close()
	}
	return t.host.close()
}

// take returns a link set up for loading.
func (t *target) take(ctx context.Context) (*link, error) {
	t.idle.Lock()
	if n := len(t.idle.links); n > 0 {
		se := t.idle.links[n-1]
		t.idle.links = t.idle.links[:n-1]
		t.idle.Unlock()
		return se, nil
	}
	t.idle.Unlock()
	return t.host.session(ctx, t.settings(loadSettings))
}

// giveBack keeps a link that is outside any transaction for the next load.
func (t *target) giveBack(se *link) {
	t.idle.Lock()
	defer t.idle.Unlock()
	if se.broken || t.idle.closed {
		se.close()
		return
	}
	t.idle.links = append(t.idle.links, se)
}
