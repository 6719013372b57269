package logstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"github.com/whimbreldb/whimbrel/internal/datafile"
)

// Errors that a caller can do something about.
var (
	ErrNoGroup  = errors.New("there is no such log group")
	ErrNoStream = errors.New("there is no such log stream")
	ErrExists   = errors.New("it exists already")
)

// FileName is what the file is called in its directory, FileTable a table that it has.
const (
	FileName  = "logs.db"
	FileTable = "block"
)

// Config says where events are kept. Zero values are the documented defaults.
type Config struct {
	Dir      string
	MaxBytes int64 // of the file; 2 GiB
	Log      *slog.Logger
	Now      func() time.Time
}

// A Store keeps events.
type Store struct {
	Config
	db  *datafile.File
	mu  sync.Mutex // held while something is written
	seq int64      // of the latest event, under mu

	room datafile.Room

	watching struct {
		sync.RWMutex
		all []*Watch // replaced, never changed
	}
}

const schema = `
CREATE TABLE IF NOT EXISTS log_group (
	id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, made INTEGER NOT NULL, days INTEGER NOT NULL DEFAULT 0, kept INTEGER NOT NULL DEFAULT 0,
	class TEXT NOT NULL DEFAULT 'STANDARD', tags TEXT NOT NULL DEFAULT '{}'
);
CREATE TABLE IF NOT EXISTS log_stream (
	id INTEGER PRIMARY KEY, log_group INTEGER NOT NULL, name TEXT NOT NULL, made INTEGER NOT NULL,
	ingested INTEGER NOT NULL DEFAULT 0,
	UNIQUE (log_group, name)
);
CREATE TABLE IF NOT EXISTS block (
	stream INTEGER NOT NULL, first_at INTEGER NOT NULL, first_seq INTEGER NOT NULL, last_at INTEGER NOT NULL, last_seq INTEGER NOT NULL,
	events INTEGER NOT NULL, bytes INTEGER NOT NULL, content BLOB NOT NULL,
	PRIMARY KEY (stream, first_at, first_seq)
);
CREATE TABLE IF NOT EXISTS source (name TEXT PRIMARY KEY, place TEXT NOT NULL, seen INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS counter (id INTEGER PRIMARY KEY CHECK (id = 0), seq INTEGER NOT NULL);
INSERT OR IGNORE INTO counter VALUES (0, 0);`

// Open opens the file of a directory, or makes it.
func Open(ctx context.Context, c Config) (*Store, error) {
	if c.MaxBytes <= 0 {
		c.MaxBytes = 2 << 30
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	db, err := datafile.Open(ctx, filepath.Join(c.Dir, FileName), schema, 6)
	if err != nil {
		return nil, fmt.Errorf("open the logs: %w", err)
	}
	s := &Store{Config: c, db: db}
	if err := db.QueryRowContext(ctx, "SELECT seq FROM counter").Scan(&s.seq); err != nil {
		return nil, errors.Join(fmt.Errorf("open the logs: %w", err), db.Close())
	}
	return s, nil
}

// Close ends the store.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.db.Close()
}

// update changes the file in a transaction.
func (s *Store) update(ctx context.Context, change func(*sql.Tx) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("write the logs: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // of what was not committed
	if err := change(tx); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("write the logs: %w", err)
	}
	return nil
}
