package sqlite

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	lib "modernc.org/sqlite/lib"

	"github.com/whimbreldb/whimbrel/internal/connector"
)

var (
	_ connector.Streamer = (*source)(nil)
	_ connector.Keeper   = (*source)(nil)
)

// connectWriting opens a connection that may write the change log, and nothing else is written through it. Triggers and
// foreign keys of the application have no part in it.
func (s *source) connectWriting() (*conn, error) {
	if s.at.immutable {
		return nil, invalid("take immutable out of the URL", "%s cannot be followed: the URL says that nothing writes to it", s.at.path)
	}
	c, err := openConn(s.at, lib.SQLITE_OPEN_READWRITE)
	if err != nil {
		return nil, err
	}
	err = c.disableTriggers()
	if err == nil {
		err = c.exec("PRAGMA foreign_keys=OFF; PRAGMA cache_size=-4096; PRAGMA trusted_schema=0")
	}
	if err != nil {
		_ = c.close()
		return nil, openError(s.at, err)
	}
	return c, nil
}

// capturing runs f on a writing connection inside a transaction, with the log in place.
func (s *source) capturing(ctx context.Context, f func(*refitter) error) error {
	c, err := s.connectWriting()
	if err != nil {
		return err
	}
	defer c.close()
	err = c.during(ctx, func() error { return inCapture(ctx, c, s.at.busyTimeout, f) })
	return classify("make the triggers that log changes in "+s.at.path, err)
}

// subscribe has the run's tables followed.
func subscribe(r *refitter, q connector.StreamRequest) error {
	if err := r.refit(); err != nil {
		return err
	}
	for _, f := range q.Tables {
		v, err := r.follow(f.Table.Name.Name)
		if err != nil {
			return err
		}
		if err := r.enroll(q.Run, v); err != nil {
			return err
		}
	}
	return nil
}

// Capture implements connector.Streamer. The triggers are there before the snapshot is opened, so that every change is
// either in the snapshot or in the log after the last row of the log that the snapshot itself sees.
func (s *source) Capture(ctx context.Context, r connector.StreamRequest, readers int) (connector.Snapshot, error) {
	if err := s.capturing(ctx, func(f *refitter) error { return subscribe(f, r) }); err != nil {
		return nil, err
	}
	opened, err := s.Snapshot(ctx, readers)
	if err != nil {
		return nil, err
	}
	sn := opened.(*snapshot)
	err = sn.with(ctx, "look up the position of the snapshot", func(c *conn) error {
		seq, err := lastChange(c)
		sn.position = formatPosition(seq)
		return err
	})
	if err != nil {
		_ = sn.Close()
		return nil, err
	}
	return sn, nil
}

// Start implements connector.Streamer.
func (s *source) Start(ctx context.Context, r connector.StreamRequest, from connector.StartPoint) (position string, err error) {
	err = s.capturing(ctx, func(f *refitter) error {
		if err := subscribe(f, r); err != nil {
			return err
		}
		seq, err := s.startAt(f.conn, from)
		position = formatPosition(seq)
		return err
	})
	return position, err
}

func (s *source) startAt(c *conn, from connector.StartPoint) (int64, error) {
	last, err := lastChange(c)
	if err != nil {
		return 0, err
	}
	first, err := c.number("SELECT min(seq) FROM awsdms_changes")
	if err != nil {
		return 0, err
	}
	if from.Native != "" {
		seq, err := parsePosition(from.Native)
		if err == nil && (seq < first-1 || seq > last) {
			err = invalid("start from a position in between, or with a full load",
				"position %d is not in the change log of %s, which holds %d to %d", seq, s.at.path, first-1, last)
		}
		return seq, err
	}
	if from.At.IsZero() {
		return last, nil
	}
	day := float64(from.At.UnixMilli())/86_400_000 + unixJulian
	// Times in the log hardly ever go back, but clocks are set: the stream begins before the first change that is late enough.
	at := fmt.Sprintf("%.9f", day)
	early, err := c.number("SELECT count(*) FROM (SELECT at FROM awsdms_changes ORDER BY seq LIMIT 1) WHERE at <= " + at)
	if err != nil {
		return 0, err
	}
	if early == 0 {
		return 0, invalid("start from a later time, or with a full load",
			"the change log of %s does not reach back to %s", s.at.path, from.At.UTC().Format(time.RFC3339))
	}
	next, err := c.number("SELECT min(seq) FROM awsdms_changes WHERE at >= " + at)
	if err != nil || next == 0 {
		return last, err
	}
	return next - 1, nil
}

// End implements connector.Streamer.
func (s *source) End(ctx context.Context) (string, error) {
	c, err := s.connect()
	if err != nil {
		return "", err
	}
	defer c.close()
	var seq int64
	err = c.during(ctx, func() error {
		seq, err = lastChange(c)
		if isNoTable(err) {
			return nil
		}
		return err
	})
	return formatPosition(seq), classify("look up the last change of "+s.at.path, err)
}

// Release implements connector.Streamer. With the last run that follows a table go its triggers, with the last one of all
// goes the log.
func (s *source) Release(ctx context.Context, r connector.StreamRequest) error {
	c, err := s.connectWriting()
	if err != nil {
		return err
	}
	defer c.close()
	err = c.during(ctx, func() error {
		if ok, err := tableExists(c, "awsdms_cdc_runs"); err != nil || !ok {
			return err
		}
		return transactEagerly(ctx, c, s.at.busyTimeout, func() error { return release(c, r.Run) })
	})
	return classify("remove the triggers that log changes in "+s.at.path, err)
}

// Keeps implements connector.Keeper.
func (s *source) Keeps(ctx context.Context, run string) (kept bool, err error) {
	c, err := s.connect()
	if err != nil {
		return false, err
	}
	defer c.close()
	err = c.during(ctx, func() error {
		if ok, err := tableExists(c, "awsdms_cdc_runs"); err != nil || !ok {
			return err
		}
		n, err := c.number("SELECT count(*) FROM awsdms_cdc_runs WHERE run = ?", run)
		kept = n > 0
		return err
	})
	return kept, classify("look for the run in "+s.at.path, err)
}

func release(c *conn, run string) error {
	if err := c.run("DELETE FROM awsdms_cdc_runs WHERE run = ?", run); err != nil {
		return err
	}
	all, err := loadVersions(c)
	if err != nil {
		return err
	}
	for _, v := range all {
		followers, err := c.number("SELECT count(*) FROM awsdms_cdc_runs WHERE lineage = ?", v.lineage)
		if err != nil {
			return err
		}
		if followers > 0 {
			continue
		}
		if err := dropTriggers(c, v.id); err != nil {
			return err
		}
		if err := c.run("UPDATE awsdms_cdc_tables SET gone = 1 WHERE id = ?", v.id); err != nil {
			return err
		}
	}
	left, err := c.number("SELECT count(*) FROM awsdms_cdc_runs")
	if err != nil || left > 0 {
		return err
	}
	return c.exec("DROP TABLE awsdms_changes; DROP TABLE awsdms_cdc_tables; DROP TABLE awsdms_cdc_runs")
}

// errProbed ends a transaction that was only tried.
var errProbed = errors.New("probed")

// Obstacles implements connector.Streamer.
func (s *source) Obstacles(ctx context.Context, r connector.StreamRequest) ([]connector.Obstacle, error) {
	c, err := s.connectWriting()
	if err != nil {
		return fatal(err)
	}
	defer c.close()
	var found []connector.Obstacle
	err = c.during(ctx, func() error {
		mode, err := c.word("PRAGMA journal_mode")
		if err != nil {
			return err
		}
		if !strings.EqualFold(mode, "wal") {
			found = append(found, connector.Obstacle{
				What:   "the journal mode is " + mode + ": whoever reads keeps those who write waiting, for the whole time of a full load",
				Remedy: "PRAGMA journal_mode=WAL",
			})
		}
		// Nothing but the attempt shows whether the file and its folder can be written.
		probe := func() error { return cmp.Or(c.exec("CREATE TABLE awsdms_cdc_probe (x)"), errProbed) }
		if err := transactEagerly(ctx, c, s.at.busyTimeout, probe); !errors.Is(err, errProbed) {
			return err
		}
		f, err := newObstacles(c)
		if err != nil {
			return err
		}
		for _, t := range r.Tables {
			if err := f.table(t, &found); err != nil {
				return err
			}
		}
		return heldLog(c, r.Run, &found)
	})
	if err != nil {
		if ctx.Err() != nil {
			return nil, err
		}
		return fatal(classify("write to "+s.at.path, err))
	}
	return found, nil
}

// heldLog finds a migration that lets the log grow, because nobody follows it.
func heldLog(c *conn, run string, found *[]connector.Obstacle) error {
	err := c.query("SELECT run, max(0, (SELECT max(seq) FROM awsdms_changes) - min(acknowledged)) FROM awsdms_cdc_runs WHERE run <> ? GROUP BY run", func(s *stmt) error {
		if held := s.int(1); held >= heldRows {
			*found = append(*found, connector.Obstacle{
				What:   fmt.Sprintf("the change log holds %d changes for another migration (run %s), and grows until that is followed or ended", held, s.text(0)),
				Remedy: "follow it, or end it with `whimbrel release`",
			})
		}
		return nil
	}, run)
	if isNoTable(err) {
		return nil
	}
	return err
}

// fatal turns an error that tells what to do into an obstacle.
func fatal(err error) ([]connector.Obstacle, error) {
	var e *connector.Error
	switch connector.ClassOf(err) {
	case connector.Denied, connector.Invalid, connector.Busy, connector.Full, connector.Missing:
		if errors.As(err, &e) {
			return []connector.Obstacle{{Fatal: true, What: e.Err.Error(), Remedy: e.Remedy}}, nil
		}
	}
	return nil, err
}
