package mysql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/rescue"
)

// watcher looks from time to time at what the server keeps of its log.
type watcher struct {
	cancel context.CancelFunc
	done   sync.WaitGroup
	fault  rescue.Fault // ends the stream
}

// watchPause is the time between two looks.
const watchPause = time.Minute

func watch(s *source, st *stream) *watcher {
	ctx, cancel := context.WithCancel(context.Background())
	w := &watcher{cancel: cancel}
	st.mu.status.Retained = -1
	w.done.Go(w.fault.Guard(func() {
		tick := time.NewTicker(watchPause)
		defer tick.Stop()
		for {
			st.look(ctx, s)
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
		}
	}))
	return w
}

func (w *watcher) stop() {
	w.cancel()
	w.done.Wait()
}

// look tells how much of the log is still to be read, and warns when it is about to be purged.
func (s *stream) look(ctx context.Context, src *source) {
	s.mu.Lock()
	at := s.mu.at
	s.mu.Unlock()
	retained, warning, err := src.retention(ctx, at)
	if err != nil {
		return // the stream itself will say so
	}
	s.mu.Lock()
	s.mu.status.Retained, s.mu.status.Warning = retained, warning
	s.mu.Unlock()
}

// retention sums up the log from a place on.
func (s *source) retention(ctx context.Context, at position) (bytes int64, warning string, err error) {
	files, err := s.logs(ctx)
	if err != nil {
		return 0, "", err
	}
	here := -1
	for i, f := range files {
		if f.name == at.file {
			here = i
			bytes = -int64(at.offset)
		}
		if here >= 0 {
			bytes += int64(f.size)
		}
	}
	switch {
	case at.file == "":
		return -1, "", nil
	case here < 0:
		return -1, fmt.Sprintf("the source has purged %s, which is being read: the stream will not survive its connection", at.file), nil
	case here > 0 || len(files) == 1:
		return bytes, "", nil
	}
	// The file being read is the oldest: the next purge takes it once it is closed and old enough.
	expire, remedy, err := s.expiry(ctx)
	if err != nil || expire == 0 {
		return bytes, "", err
	}
	closed, err := s.beginOf(ctx, connector.StreamRequest{Run: "watch " + at.file}, files[1])
	if err != nil {
		return bytes, "", err
	}
	left := expire - time.Since(closed)
	if left < expire/4 {
		warning = fmt.Sprintf("the source purges %s, which is still to be read, in %s; %s keeps it for a week",
			at.file, max(left, 0).Round(time.Second), remedy)
	}
	return bytes, warning, nil
}

// soon is how long a log is kept that is purged as soon as the server likes.
const soon = time.Second

// expiry is how long the server keeps a file of its log, 0 for ever, and what makes that a week.
func (s *source) expiry(ctx context.Context) (keep time.Duration, remedy string, err error) {
	if keep, here, err := s.expiryOnRDS(ctx); here || err != nil {
		return keep, "CALL mysql.rds_set_configuration('binlog retention hours', 168)", err
	}
	remedy = "SET GLOBAL binlog_expire_logs_seconds = 604800"
	var seconds, days float64
	err = s.host.control.QueryRowContext(ctx, "SELECT @@global.binlog_expire_logs_seconds, @@global.expire_logs_days").Scan(&seconds, &days)
	if err != nil {
		// Each of the two is missing somewhere: the first before MariaDB 10.6, the second since MySQL 8.4.
		if err = s.host.control.QueryRowContext(ctx, "SELECT @@global.binlog_expire_logs_seconds").Scan(&seconds); err != nil {
			err = s.host.control.QueryRowContext(ctx, "SELECT @@global.expire_logs_days").Scan(&days)
			remedy = "SET GLOBAL expire_logs_days = 7"
		}
	}
	if err != nil {
		return 0, "", classify(ctx, err)
	}
	if seconds == 0 {
		seconds = days * 86400
	}
	return time.Duration(seconds * float64(time.Second)), remedy, nil
}

// expiryOnRDS asks the table in which RDS and Aurora keep their own setting, whatever the variables say: without a value, files go as
// soon as possible (Amazon RDS User Guide, "mysql.rds_set_configuration"; untested against the real one). Elsewhere there is none.
func (s *source) expiryOnRDS(ctx context.Context) (keep time.Duration, here bool, err error) {
	var hours sql.NullString
	err = s.host.control.QueryRowContext(ctx, "SELECT value FROM mysql.rds_configuration WHERE name = 'binlog retention hours'").Scan(&hours)
	if errors.Is(err, sql.ErrNoRows) {
		return soon, true, nil
	}
	if err != nil {
		if err = classify(ctx, err); connector.ClassOf(err) == connector.Missing || connector.ClassOf(err) == connector.Denied {
			err = nil
		}
		return 0, false, err
	}
	n, _ := strconv.ParseFloat(hours.String, 64) // NULL, and what is no number, is no value
	return max(time.Duration(n*float64(time.Hour)), soon), true, nil
}
