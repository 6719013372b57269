package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/whimbreldb/whimbrel/internal/connector"
)

var (
	_ connector.Exclusive = (*target)(nil)
	_ connector.Prober    = (*target)(nil)
	_ connector.Prober    = (*source)(nil)
)

// claimPatience is how long a holder may take to end: that of a killed process ends when the server has seen its
// connection close.
const (
	claimPatience = 3 * time.Second
	claimPause    = 100 * time.Millisecond
)

// claimSQL makes the server notice within a minute when the machine that holds the claim has gone.
const claimSQL = `SET tcp_keepalives_idle = 30; SET tcp_keepalives_interval = 10; SET tcp_keepalives_count = 3; SET lock_timeout = '30s'`

// Claim implements connector.Exclusive by an advisory lock of a session of its own.
func (t *target) Claim(ctx context.Context, run string) (release func(), err error) {
	c, err := openConn(ctx, t.cfg)
	if err != nil {
		return nil, err
	}
	release = func() { _ = c.Close(context.WithoutCancel(ctx)) }
	if err := t.claim(ctx, c, run); err != nil {
		release()
		return nil, classify(ctx, "claim the run", err)
	}
	return release, nil
}

func (t *target) claim(ctx context.Context, c *pgx.Conn, run string) error {
	if _, err := c.Exec(ctx, claimSQL, pgx.QueryExecModeSimpleProtocol); err != nil {
		return err
	}
	sum := sha256.Sum256([]byte("whimbrel run " + run))
	key := int64(binary.BigEndian.Uint64(sum[:]))
	for deadline := time.Now().Add(claimPatience); ; {
		var got bool
		if err := c.QueryRow(ctx, fmt.Sprintf("SELECT pg_try_advisory_lock(%d)", key), pgx.QueryExecModeSimpleProtocol).Scan(&got); err != nil {
			return err
		}
		if got {
			break
		}
		if time.Now().After(deadline) {
			return claimed(ctx, c, key)
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(claimPause):
		}
	}
	// A mark whose commit is under way keeps its row locked.
	_, err := c.Exec(ctx, "SELECT FROM "+t.journalName()+" WHERE run = "+quoteLiteral(run)+" FOR UPDATE", pgx.QueryExecModeSimpleProtocol)
	var pg *pgconn.PgError
	if errors.As(err, &pg) && (pg.Code == "42P01" || pg.Code == "3F000") {
		return nil
	}
	return err
}

// claimed names the holder.
func claimed(ctx context.Context, c *pgx.Conn, key int64) error {
	var pid int32
	err := c.QueryRow(ctx, fmt.Sprintf(`SELECT coalesce(max(pid), 0) FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1
 AND classid::bigint = %d AND objid::bigint = %d AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
		uint64(key)>>32, uint64(key)&0xffffffff), pgx.QueryExecModeSimpleProtocol).Scan(&pid)
	if err != nil {
		return err
	}
	return connector.Claimed(fmt.Sprintf("server process %d", pid), fmt.Sprintf("SELECT pg_terminate_backend(%d)", pid))
}

// Probe implements connector.Prober.
func (t *target) Probe(ctx context.Context) error { return knock(ctx, t.cfg) }

// Probe implements connector.Prober.
func (s *source) Probe(ctx context.Context) error { return knock(ctx, s.cfg) }

func knock(ctx context.Context, cfg *pgx.ConnConfig) error {
	c, err := openConn(ctx, cfg)
	if err != nil {
		return err
	}
	return c.Close(context.WithoutCancel(ctx))
}
