package postgres

import (
	"context"
	"time"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// heartbeat writes to a table of the source now and then (HeartbeatEnable), so that a stream of tables that rest moves
// on in a server that does not.
type heartbeat struct {
	s    *source
	last time.Time
}

func (h *heartbeat) table() string {
	return quoteName(catalog.Name{Schema: h.s.settings.heartbeatSchema, Name: "awsdms_heartbeat"})
}

// beat writes when it is time to.
func (h *heartbeat) beat(ctx context.Context, w *wire) {
	if !h.s.settings.heartbeat || !h.last.IsZero() && time.Since(h.last) < h.s.settings.heartbeatFrequency {
		return
	}
	sql := ""
	if h.last.IsZero() {
		sql = "SET client_min_messages = error; CREATE TABLE IF NOT EXISTS " + h.table() + ` (hb_key serial PRIMARY KEY, hb_created_at timestamp,
 hb_created_by varchar(64), hb_last_heartbeat_at timestamp, hb_last_heartbeat_by varchar(64));`
	}
	h.last = time.Now()
	sql += "WITH u AS (UPDATE " + h.table() + " SET hb_last_heartbeat_at = now(), hb_last_heartbeat_by = current_user RETURNING 1) INSERT INTO " + h.table() +
		" (hb_created_at, hb_created_by, hb_last_heartbeat_at, hb_last_heartbeat_by) SELECT now(), current_user, now(), current_user WHERE NOT EXISTS (SELECT FROM u)"
	if err := w.exec(ctx, sql); err != nil && ctx.Err() == nil && h.s.log != nil {
		h.s.log.WarnContext(ctx, "the heartbeat could not be written", "table", h.table(), "error", err)
	}
}
