package postgres

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"

	"github.com/jackc/pgx/v5"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// source is a database to read from.
type source struct {
	cfg      *pgx.ConnConfig
	settings *sourceSettings
	types    *typeBook
	held     *connector.Held
	whole    atomic.Uint64 // before which place transactions are read once they have committed: see readWhole
	log      *slog.Logger
}

var _ connector.Source = (*source)(nil)

func openSource(ctx context.Context, c connector.Config) (connector.Source, error) {
	cfg, err := parseConfig(c.URL, c.Getenv)
	if err != nil {
		return nil, err
	}
	dialThrough(cfg, c.Control)
	cfg.DialFunc = c.Traffic.Through(cfg.DialFunc)
	settings, err := readSourceSettings(c.Settings)
	if err != nil {
		return nil, err
	}
	conn, err := openConn(ctx, cfg)
	if err != nil {
		return nil, err
	}
	_ = conn.Close(ctx)
	return &source{cfg: cfg, settings: settings, types: &typeBook{}, held: c.Held, log: c.Log}, nil
}

// Identity implements connector.Source.
func (s *source) Identity() string { return identity(s.cfg) }

// Close implements connector.Source; a source holds no connection of its own.
func (s *source) Close() error { return nil }

// Inspect implements connector.Source.
func (s *source) Inspect(ctx context.Context, o connector.InspectOptions) (*catalog.Catalog, error) {
	conn, err := openConn(ctx, s.cfg)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	for attempt := 1; ; attempt++ {
		c, err := s.inspectOnce(ctx, conn, o)
		if err == nil || attempt == inspections || !vanished(err) {
			return c, err
		}
	}
}

var errGoneMeanwhile = errors.New("the table has gone while it was looked at")

// inspections is how often a database is looked at, another time where something has gone while it was described.
const inspections = 10

// vanished reports whether something was gone while the server described it. Its functions that write definitions (pg_get_constraintdef and
// the like) look for what they describe in the catalogs as they are, whatever the transaction's snapshot says.
func vanished(err error) bool {
	pg := serverErrorIn(err)
	return errors.Is(err, errGoneMeanwhile) || pg != nil && (pg.Code == "XX000" || pg.Code == "42P01" || pg.Code == "42704")
}

func (s *source) inspectOnce(ctx context.Context, conn *pgx.Conn, o connector.InspectOptions) (*catalog.Catalog, error) {
	// One transaction, so that the catalog is of one moment and the settings that inspect makes for it hold.
	tx, err := conn.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return nil, classify(ctx, "inspect "+s.Identity(), err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	c, err := inspect(ctx, tx, o)
	return c, classify(ctx, "inspect "+s.Identity(), err)
}
