package metric

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/whimbreldb/whimbrel/internal/datafile"
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

// Bounds of the metrics of all names: they lie in memory. Those whose namespace begins with Own are not refused.
const (
	mostSeries = 100_000
	mostNames  = 64 << 20 // bytes of their names and dimensions
	Own        = "AWS/"
)

// ErrFull says that more metrics, or more values of them, cannot be kept.
var ErrFull = errors.New("there is no room for more metrics")

// FileName is what the file is called in its directory, FileTable a table that it has.
const (
	FileName  = "metrics.db"
	FileTable = "point"
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
	db  *datafile.File
	mu  sync.Mutex // held while something is written
	ids struct {
		sync.RWMutex
		series map[seriesKey]*series
		named  map[nameKey][]*series // the same, those of a metric together; in the order of their ids
		bytes  int64                 // of their names
	}
	room       datafile.Room
	mostSeries int
	mostNames  int64
}

type nameKey struct{ namespace, metric, dimensions string }

type seriesKey struct {
	nameKey
	unit string
}

func (k *seriesKey) size() int64 {
	return int64(len(k.namespace) + len(k.metric) + len(k.dimensions) + len(k.unit))
}

// compare is the order in which metrics are shown.
func (k *seriesKey) compare(o *seriesKey) int {
	return cmp.Or(cmp.Compare(k.namespace, o.namespace), cmp.Compare(k.metric, o.metric), cmp.Compare(k.dimensions, o.dimensions), cmp.Compare(k.unit, o.unit))
}

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
	db, err := datafile.Open(ctx, filepath.Join(c.Dir, FileName), schema, 4)
	if err != nil {
		return nil, fmt.Errorf("open the metrics: %w", err)
	}
	s := &Store{Config: c, db: db, mostSeries: mostSeries, mostNames: mostNames}
	s.ids.series, s.ids.named = map[seriesKey]*series{}, map[nameKey][]*series{}
	if err := s.load(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return s, nil
}

// load reads which metrics there are.
func (s *Store) load(ctx context.Context) error {
	rows, err := s.db.QueryContext(ctx, "SELECT id, namespace, metric, dimensions, unit, last FROM series ORDER BY id")
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
		s.know(&one)
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read the names of metrics: %w", err)
	}
	return nil
}

// know takes a metric into the index, under ids.
func (s *Store) know(of *series) {
	s.ids.series[of.key] = of
	s.ids.bytes += of.key.size()
	s.ids.named[of.key.nameKey] = append(s.ids.named[of.key.nameKey], of)
}

// unknow takes a metric out of the index, under ids.
func (s *Store) unknow(of *series) {
	delete(s.ids.series, of.key)
	s.ids.bytes -= of.key.size()
	// In a new array: a reader may still go through the old one.
	left := slices.DeleteFunc(slices.Clone(s.ids.named[of.key.nameKey]), func(o *series) bool { return o == of })
	if s.ids.named[of.key.nameKey] = left; len(left) == 0 {
		delete(s.ids.named, of.key.nameKey)
	}
}

// Close ends the store.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.db.Close()
}
