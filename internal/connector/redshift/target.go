package redshift

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/connector/s3/store"
)

const (
	defaultSchema      = "public"
	defaultConnections = 16
)

// target is a cluster to write to.
type target struct {
	reach    *reach
	settings *settings
	store    store.Store
	log      *slog.Logger
	control  string // schema of the control tables
	// token tells the files of this target from those of others.
	token string
	// null stands for a null in files. It is another one for each target, so that no value is taken for it.
	null    string
	loaders *pool
	// office is for the journal, parked rows and look-ups: a goroutine that holds a loader may ask for it.
	office *pool
	swept  once
}

var (
	_ connector.Target    = (*target)(nil)
	_ connector.Applier   = (*target)(nil)
	_ connector.Dialected = (*target)(nil)
	_ connector.Prober    = (*target)(nil)
	_ connector.Rehearser = (*target)(nil)
	_ connector.Asker     = (*target)(nil)
)

func openTarget(ctx context.Context, c connector.Config) (connector.Target, error) {
	s, err := readSettings(c.Settings)
	if err != nil {
		return nil, err
	}
	r, err := readConfig(c, s)
	if err != nil {
		return nil, err
	}
	log := c.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	n := c.Connections
	if n <= 0 {
		n = defaultConnections
	}
	t := &target{
		reach: r, settings: s, store: store.NewBucket(r.store), log: log, control: c.ControlSchema,
		token: strings.ToLower(rand.Text()), null: "null-" + strings.ToLower(rand.Text()[:12]),
	}
	if t.control == "" {
		t.control = defaultSchema
	}
	t.loaders, t.office = newPool(n, t.dial), newPool(2, t.dial)
	if err := t.check(ctx); err != nil {
		_ = t.Close()
		return nil, err
	}
	return t, nil
}

// atDesk runs a piece of housekeeping.
func (t *target) atDesk(ctx context.Context, doing string, f func(*conn) error) error {
	return t.office.with(ctx, doing, f)
}

// Identity implements connector.Target.
func (t *target) Identity() string {
	c := t.reach.cluster
	return "redshift://" + net.JoinHostPort(c.Host, strconv.Itoa(int(c.Port))) + "/" + c.Database
}

// DefaultSchema implements connector.Target.
func (t *target) DefaultSchema() string { return defaultSchema }

// Dialect implements connector.Dialected.
func (t *target) Dialect() connector.Dialect { return Dialect{caseSensitive: t.settings.caseSensitive} }

// Exec implements connector.Target.
func (t *target) Exec(ctx context.Context, ss []catalog.Statement) error {
	if len(ss) == 0 {
		return nil
	}
	return t.loaders.with(ctx, "change the target", func(c *conn) error {
		for _, s := range ss {
			if _, err := c.run(ctx, s.SQL); err != nil {
				return fmt.Errorf("%s: %w", connector.Gist(s.SQL), err)
			}
		}
		return nil
	})
}

// Ask implements connector.Asker.
func (t *target) Ask(ctx context.Context, query string) (rows [][]string, err error) {
	err = t.atDesk(ctx, "ask the target", func(c *conn) error {
		rows, err = c.rows(ctx, query)
		return err
	})
	return rows, err
}

// Probe implements connector.Prober.
func (t *target) Probe(ctx context.Context) error {
	c, err := t.dial(ctx)
	if err != nil {
		return err
	}
	c.end()
	return t.store.Check(ctx)
}

// Close implements connector.Target.
func (t *target) Close() error {
	t.loaders.close()
	t.office.close()
	t.store.Close()
	return nil
}
