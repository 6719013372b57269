package metric

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	_ "modernc.org/sqlite" // the file's format
)

// How long points stay.
const (
	MinutesKept = 15 * 24 * time.Hour
	FineKept    = 3 * time.Hour
)

// The steps of points, in seconds.
const (
	fine   = 1
	minute = 60
)

// Config says where values are kept. Zero values are the documented defaults.
type Config struct {
	Dir      string
	MaxBytes int64 // of the file; 1 GiB
	Log      *slog.Logger
	Now      func() time.Time
}

// A Store keeps points.
type Store struct {
	Config
	db  *sql.DB
	mu  sync.Mutex // held while something is written
	ids struct {
		sync.RWMutex
		series map[seriesKey]*series
	}
}

type seriesKey struct{ namespace, metric, dimensions, unit string }

// series is a metric in one unit.
type series struct {
	id    int64
	key   seriesKey
	name  Name
	last  int64 // second of the latest point
	saved int64 // last as in the file
}

const schema = `
CREATE TABLE IF NOT EXISTS series (
	id INTEGER PRIMARY KEY, namespace TEXT NOT NULL, metric TEXT NOT NULL, dimensions TEXT NOT NULL, unit TEXT NOT NULL, last INTEGER NOT NULL,
	UNIQUE (namespace, metric, dimensions, unit)
);
CREATE TABLE IF NOT EXISTS point (
	series INTEGER NOT NULL, step INTEGER NOT NULL, at INTEGER NOT NULL, n REAL NOT NULL, sum REAL NOT NULL, low REAL NOT NULL, high REAL NOT NULL, spread BLOB,
	PRIMARY KEY (series, step, at)
) WITHOUT ROWID;`

// Open opens the file of a directory, or makes it.
func Open(ctx context.Context, c Config) (*Store, error) {
	if c.MaxBytes <= 0 {
		c.MaxBytes = 1 << 30
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the directory of metrics: %w", err)
	}
	where := url.URL{Scheme: "file", Opaque: url.PathEscape(filepath.Join(c.Dir, "metrics.db")), RawQuery: url.Values{
		"_pragma": {"auto_vacuum(INCREMENTAL)", "journal_mode(WAL)", "synchronous(NORMAL)", "busy_timeout(10000)", "journal_size_limit(16777216)"}, "_txlock": {"immediate"},
	}.Encode()}
	db, err := sql.Open("sqlite", where.String())
	if err != nil {
		return nil, fmt.Errorf("open the metrics: %w", err)
	}
	db.SetMaxOpenConns(4)
	s := &Store{Config: c, db: db}
	s.ids.series = map[seriesKey]*series{}
	if _, err := db.ExecContext(ctx, schema); err != nil {
		return nil, errors.Join(fmt.Errorf("open the metrics: %w", err), db.Close())
	}
	if err := s.load(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return s, nil
}

// load reads which metrics there are.
func (s *Store) load(ctx context.Context) error {
	rows, err := s.db.QueryContext(ctx, "SELECT id, namespace, metric, dimensions, unit, last FROM series")
	if err != nil {
		return fmt.Errorf("read the names of metrics: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var one series
		k := &one.key
		if err := rows.Scan(&one.id, &k.namespace, &k.metric, &k.dimensions, &k.unit, &one.last); err != nil {
			return fmt.Errorf("read the names of metrics: %w", err)
		}
		dimensions, err := dimensionsOf(k.dimensions)
		if err != nil {
			return fmt.Errorf("read the names of metrics: %w", err)
		}
		one.name, one.saved = Name{k.namespace, k.metric, dimensions}, one.last
		s.ids.series[one.key] = &one
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read the names of metrics: %w", err)
	}
	return nil
}

// Close ends the store.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.db.Close()
}
