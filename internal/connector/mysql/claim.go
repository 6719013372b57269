package mysql

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"sync"
	"time"

	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/rescue"
)

var (
	_ connector.Exclusive = (*target)(nil)
	_ connector.Prober    = (*target)(nil)
	_ connector.Prober    = (*source)(nil)
)

// The session that holds a claim says every claimPulse that it is alive; without that the server ends it after
// claimTimeout seconds. claimPatience is how many seconds a holder may take to end.
const (
	claimPulse    = 20 * time.Second
	claimTimeout  = 60
	claimPatience = 3
	// claimTries is how often marks are awaited anew after a deadlock with those of another run.
	claimTries = 10
	deadlock   = 1213
)

// Claim implements connector.Exclusive by a named lock of a session of its own.
func (t *target) Claim(ctx context.Context, run string) (release func(), err error) {
	c, err := t.host.control.Conn(ctx)
	if err != nil {
		return nil, classify(ctx, fmt.Errorf("claim the run: %w", err))
	}
	name := claimName(run)
	if err := t.claim(ctx, c, run, name); err != nil {
		_ = c.Close()
		return nil, err
	}
	beating, stop := context.WithCancel(context.WithoutCancel(ctx))
	var beat sync.WaitGroup
	beat.Go(rescue.Else(func() { t.beat(beating, c) }, func(err error) {
		t.host.log.Error("the lock that keeps a second run of this migration out is no longer kept alive", "error", err, "stack", string(rescue.In(err).Stack))
	}))
	return func() {
		stop()
		beat.Wait()
		// The lock ends with its session, and a session is ended without waiting for a server that may be silent.
		_ = c.Raw(func(any) error { return driver.ErrBadConn })
		_ = c.Close()
	}, nil
}

// claimName keeps within the 64 characters that a lock's name may have.
func claimName(run string) string { return "whimbrel." + run[:min(len(run), 50)] }

func (t *target) claim(ctx context.Context, c *sql.Conn, run, name string) error {
	if _, err := c.ExecContext(ctx, fmt.Sprintf("SET wait_timeout=%d", claimTimeout)); err != nil {
		return classify(ctx, fmt.Errorf("claim the run: %w", err))
	}
	var got sql.NullInt64
	if err := c.QueryRowContext(ctx, "SELECT GET_LOCK(?, ?)", name, claimPatience).Scan(&got); err != nil {
		return classify(ctx, fmt.Errorf("claim the run: %w", err))
	}
	if got.Int64 != 1 {
		return claimed(ctx, c, name)
	}
	for try := 1; ; try++ {
		err := t.awaitMarks(ctx, c, run)
		if code, _ := codeOf(err); code == deadlock && try < claimTries {
			continue
		}
		if err = classify(ctx, err); err != nil && connector.ClassOf(err) != connector.Missing {
			return fmt.Errorf("claim the run: %w", err)
		}
		return nil
	}
}

// awaitMarks waits for a mark whose commit is under way, which keeps its row locked. Other runs mark their own rows meanwhile.
func (t *target) awaitMarks(ctx context.Context, c *sql.Conn, run string) error {
	rows, err := c.QueryContext(ctx, "SELECT 1 FROM "+t.progressTable()+" WHERE run_name = ? FOR UPDATE", run)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
	}
	return rows.Err()
}

// claimed names the holder.
func claimed(ctx context.Context, c *sql.Conn, name string) error {
	var id sql.NullInt64
	if err := c.QueryRowContext(ctx, "SELECT IS_USED_LOCK(?)", name).Scan(&id); err != nil {
		return classify(ctx, fmt.Errorf("claim the run: %w", err))
	}
	return connector.Claimed(fmt.Sprintf("connection %d", id.Int64), fmt.Sprintf("KILL %d", id.Int64))
}

func (t *target) beat(ctx context.Context, c *sql.Conn) {
	tick := time.NewTicker(claimPulse)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := c.PingContext(ctx); err != nil && ctx.Err() == nil {
				t.host.log.Warn("the lock that keeps a second run of this migration out is lost", "error", err)
				return
			}
		}
	}
}

// Probe implements connector.Prober.
func (t *target) Probe(ctx context.Context) error { return t.host.probe(ctx) }

// Probe implements connector.Prober.
func (s *source) Probe(ctx context.Context) error { return s.host.probe(ctx) }

func (s *host) probe(ctx context.Context) error {
	c, err := s.dial(ctx)
	if err != nil {
		return err
	}
	return c.Close()
}
