package postgres

import (
	"context"
	"fmt"
	"log/slog"
	"sync"

	"github.com/jackc/pgx/v5"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

const (
	defaultSchema      = "public"
	defaultConnections = 16
)

// target is a database to write to.
type target struct {
	cfg      *pgx.ConnConfig
	settings *targetSettings
	log      *slog.Logger
	control  string // schema of the control tables
	types    *typeBook
	// loaders and workers share no connection: a loader that waits for its rows must not keep a statement waiting.
	loaders *pool[*wire]
	workers *pool[*pgx.Conn]
	// office is one more connection, for the journal, parked rows and look-ups. A goroutine that holds a loader may
	// ask for it.
	office   *pool[*pgx.Conn]
	warnOnce sync.Once

	mu struct {
		sync.Mutex
		tables map[catalog.Name][]attribute
	}
}

var _ connector.Target = (*target)(nil)

func openTarget(ctx context.Context, c connector.Config) (connector.Target, error) {
	cfg, err := parseConfig(c.URL, c.Getenv)
	if err != nil {
		return nil, err
	}
	dialThrough(cfg, c.Control)
	cfg.DialFunc = c.Traffic.Through(cfg.DialFunc)
	settings, err := readTargetSettings(c.Settings)
	if err != nil {
		return nil, err
	}
	n := c.Connections
	if n <= 0 {
		n = defaultConnections
	}
	t := &target{cfg: cfg, settings: settings, log: c.Log, control: c.ControlSchema, types: &typeBook{}}
	t.mu.tables = map[catalog.Name][]attribute{}
	if t.control == "" {
		t.control = defaultSchema
	}
	open := func(ctx context.Context) (*pgx.Conn, error) { return t.scripted(ctx, openConn) }
	end := func(c *pgx.Conn) { _ = c.Close(context.Background()) }
	t.loaders = newPool(n, t.dialLoader, (*wire).close)
	t.workers = newPool(n, func(ctx context.Context) (*pgx.Conn, error) { return t.scripted(ctx, connectWorker) }, end)
	t.office = newPool(1, open, end)
	return t, t.atDesk(ctx, "try the connection", func(c *pgx.Conn) error { return c.Ping(ctx) })
}

// scripted opens a connection and runs the script that the settings give for every one (AfterConnectScript).
func (t *target) scripted(ctx context.Context, open func(context.Context, *pgx.ConnConfig) (*pgx.Conn, error)) (*pgx.Conn, error) {
	c, err := open(ctx, t.cfg)
	if err != nil || t.settings.afterConnectScript == "" {
		return c, err
	}
	if _, err := c.Exec(ctx, t.settings.afterConnectScript, pgx.QueryExecModeSimpleProtocol); err != nil {
		_ = c.Close(context.WithoutCancel(ctx))
		return nil, classify(ctx, "run AfterConnectScript", err)
	}
	return c, nil
}

// setup is what a wire of the target runs first.
func (t *target) setup(settings ...[][2]string) []string {
	all := []string{settleSQL(settings...), toastSQL}
	if script := t.settings.afterConnectScript; script != "" {
		all = append(all, script)
	}
	return all
}

// connectWorker opens a connection for DDL, with more memory for building indexes where the server's setting is low.
func connectWorker(ctx context.Context, cfg *pgx.ConnConfig) (*pgx.Conn, error) {
	c, err := openConn(ctx, cfg)
	if err != nil {
		return nil, err
	}
	for _, sql := range append([]string{indexMemorySQL}, ddlSettings...) {
		if _, err := c.Exec(ctx, sql, pgx.QueryExecModeSimpleProtocol); err != nil {
			_ = c.Close(context.WithoutCancel(ctx))
			return nil, classify(ctx, "prepare the session", err)
		}
	}
	return c, nil
}

// A build takes maintenance_work_mem once, with its parallel workers together. The server's own cache is the only
// measure of its memory that SQL can see: a quarter of it, between 64 MB and 1 GB, never below what is set.
const indexMemorySQL = `SELECT set_config('maintenance_work_mem', greatest(m.setting::bigint,
 least(greatest(b.setting::bigint * 8 / 4, 65536), 1048576))::text || 'kB', false)
 FROM pg_settings m, pg_settings b WHERE m.name = 'maintenance_work_mem' AND b.name = 'shared_buffers'`

// dialLoader opens a connection for loading. Triggers and foreign keys stand aside when the user may say so, and large
// values are packed with lz4 where the server has it: packing them with pglz costs more than all the rest.
func (t *target) dialLoader(ctx context.Context) (*wire, error) {
	w, err := dial(ctx, t.cfg, t.setup(commonSettings, loadSettings)...)
	if err != nil {
		return nil, err
	}
	w.who = t.holder()
	if err := w.exec(ctx, "SET session_replication_role = replica"); err != nil {
		if _, remedy := classOf(err); w.broken.Load() || remedy == "" {
			w.close()
			return nil, classify(ctx, "prepare the session", err)
		}
		t.warnOnce.Do(func() { t.warn(ctx, "triggers and foreign keys of the target stay active while loading", err) })
	}
	return w, nil
}

func (t *target) warn(ctx context.Context, message string, err error) {
	if t.log != nil {
		t.log.WarnContext(ctx, message, "error", err) //nolint:sloglint // the messages are the constants of the callers
	}
}

const toastSQL = `SELECT set_config(name, 'lz4', false) FROM pg_settings WHERE name = 'default_toast_compression' AND 'lz4' = ANY (enumvals)`

// atDesk runs a piece of housekeeping.
func (t *target) atDesk(ctx context.Context, doing string, f func(*pgx.Conn) error) error {
	return withConn(ctx, t.holder(), t.office, doing, f)
}

func withConn(ctx context.Context, who holder, p *pool[*pgx.Conn], doing string, f func(*pgx.Conn) error) error {
	c, err := p.get(ctx)
	if err != nil {
		return classify(ctx, doing, err)
	}
	err = who.explain(f(c))
	p.put(c, !c.IsClosed() && c.PgConn().TxStatus() == 'I')
	return classify(ctx, doing, err)
}

// Identity implements connector.Target.
func (t *target) Identity() string { return identity(t.cfg) }

// DefaultSchema implements connector.Target.
func (t *target) DefaultSchema() string { return defaultSchema }

// Describe implements connector.Target.
func (t *target) Describe(ctx context.Context, names []catalog.Name) (found map[catalog.Name]*connector.Existing, err error) {
	err = t.atDesk(ctx, "describe the target's tables", func(c *pgx.Conn) error {
		found, err = describe(ctx, c, names)
		return t.holder().explain(err, quoteTables(names, ""))
	})
	return found, err
}

// Exists implements connector.Target.
func (t *target) Exists(ctx context.Context, r catalog.Ref) (found bool, err error) {
	err = t.atDesk(ctx, "look up "+r.Name.String(), func(c *pgx.Conn) error {
		found, err = exists(ctx, c, r)
		return err
	})
	return found, err
}

// Exec implements connector.Target. A statement that its context ends is cancelled on the server too.
func (t *target) Exec(ctx context.Context, ss []catalog.Statement) error {
	t.forget()
	defer t.forget()
	return withConn(ctx, t.holder(), t.workers, "change the target", func(c *pgx.Conn) error {
		for _, s := range ss {
			if _, err := c.Exec(ctx, s.SQL, pgx.QueryExecModeSimpleProtocol); err != nil {
				return fmt.Errorf("%s: %w", connector.Gist(s.SQL), t.holder().explain(err, s.SQL))
			}
		}
		return nil
	})
}

// forget drops what is known of tables, because a statement may change them.
func (t *target) forget() {
	t.mu.Lock()
	clear(t.mu.tables)
	t.mu.Unlock()
}

// Close implements connector.Target.
func (t *target) Close() error {
	t.loaders.close()
	t.workers.close()
	t.office.close()
	return nil
}
