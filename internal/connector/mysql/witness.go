package mysql

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// witness is what later tells whether rows can have moved between segments. Segments are ranges of key values, so only an
// UPDATE of a key moves a row, or a DELETE and an INSERT of what is one row to its owner; the server keeps no record of
// either, so that any change of the table counts.
type witness struct {
	Rule     string `json:"rule"`
	Position string `json:"position,omitempty"` // in the binary log; empty without one
	At       int64  `json:"at"`                 // the server's clock, in seconds
	Updated  int64  `json:"updated,omitempty"`  // UPDATE_TIME of the table; 0 is never, since the server began
	Uptime   int64  `json:"-"`
}

const (
	// keyRule names the rule by which segments are cut.
	keyRule = "key ranges"
	// quiet is how many seconds a table must have rested before a snapshot for UPDATE_TIME to speak: it is the time when a
	// transaction began to write, so that of two in one second, the second may commit unseen.
	quiet = 60
)

// Witness implements connector.Snapshot.
func (s *snapshot) Witness(ctx context.Context, t *catalog.Table) (string, error) {
	w, err := s.testify(ctx, t)
	if err != nil {
		return "", fmt.Errorf("witness table %s: %w", t.Name, err)
	}
	text, err := json.Marshal(w)
	return string(text), err
}

func (s *snapshot) testify(ctx context.Context, t *catalog.Table) (w witness, err error) {
	err = s.lease(ctx, func(se *link) error {
		rows, err := se.query(ctx, "SELECT UNIX_TIMESTAMP(), COALESCE(FLOOR(UNIX_TIMESTAMP(MAX(UPDATE_TIME))), 0) FROM information_schema.TABLES "+
			"WHERE TABLE_SCHEMA = "+quoteString(t.Name.Schema)+" AND TABLE_NAME = "+quoteString(t.Name.Name))
		if err != nil {
			return err
		}
		uptime, err := se.query(ctx, "SHOW GLOBAL STATUS LIKE 'Uptime'")
		if err != nil {
			return err
		}
		w = witness{Rule: keyRule, Position: s.position}
		for _, f := range []struct {
			to   *int64
			text string
		}{{&w.At, rows[0][0]}, {&w.Updated, rows[0][1]}, {&w.Uptime, uptime[0][1]}} {
			if *f.to, err = strconv.ParseInt(f.text, 10, 64); err != nil {
				return fmt.Errorf("read the server's clock: %w", err)
			}
		}
		return nil
	})
	return w, err
}

// Unmoved implements connector.Snapshot: nothing at all was committed in between, or the table has rested since well before
// the witness, on a server that has not been restarted, which forgets when InnoDB's tables were written.
func (s *snapshot) Unmoved(ctx context.Context, t *catalog.Table, text string) (bool, error) {
	var then witness
	if err := json.Unmarshal([]byte(text), &then); err != nil || then.Rule != keyRule {
		return false, s.alive() // a witness of another make cannot be trusted
	}
	now, err := s.testify(ctx, t)
	if err != nil {
		return false, fmt.Errorf("look whether table %s has changed: %w", t.Name, err)
	}
	if then.Position != "" && then.Position == now.Position {
		return true, nil
	}
	restarted := now.Uptime <= now.At-then.At
	return !restarted && now.Updated == then.Updated && then.At-then.Updated >= quiet, nil
}
