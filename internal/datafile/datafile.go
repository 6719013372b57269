package datafile

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"

	_ "modernc.org/sqlite" // the file's format
)

// A File is one that is open.
type File struct {
	*sql.DB
	path string
}

// Open opens the file at a path with up to so many connections, or makes it and its directory. The schema is executed every
// time.
func Open(ctx context.Context, path, schema string, conns int) (*File, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("make the directory of %s: %w", path, err)
	}
	where := url.URL{Scheme: "file", Opaque: url.PathEscape(path), RawQuery: url.Values{
		"_pragma": {"auto_vacuum(INCREMENTAL)", "journal_mode(WAL)", "synchronous(NORMAL)", "busy_timeout(10000)", "journal_size_limit(16777216)"}, "_txlock": {"immediate"},
	}.Encode()}
	db, err := sql.Open("sqlite", where.String())
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	db.SetMaxOpenConns(conns)
	if _, err := db.ExecContext(ctx, schema); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, err), db.Close())
	}
	return &File{db, path}, nil
}

// Used is what the data take in the file; what was deleted does not count.
func (f *File) Used(ctx context.Context) (int64, error) {
	var pages, free, size int64
	for _, q := range []struct {
		text string
		to   *int64
	}{{"PRAGMA page_count", &pages}, {"PRAGMA freelist_count", &free}, {"PRAGMA page_size", &size}} {
		if err := f.QueryRowContext(ctx, q.text).Scan(q.to); err != nil {
			return 0, fmt.Errorf("measure %s: %w", f.path, err)
		}
	}
	return (pages - free) * size, nil
}

// givenBack is how many pages one GiveBack frees, so that nobody waits long for it.
const givenBack = 4096

// GiveBack gives room of what was deleted back to the machine.
func (f *File) GiveBack(ctx context.Context) error {
	if _, err := f.ExecContext(ctx, fmt.Sprintf("PRAGMA incremental_vacuum(%d)", givenBack)); err != nil {
		return fmt.Errorf("give back room of %s: %w", f.path, err)
	}
	return nil
}

// Every trims now and then, at once for the first time, until the context ends. failed is told of errors.
func Every(ctx context.Context, interval time.Duration, trim func(context.Context) error, failed func(error)) {
	turn := time.NewTicker(interval)
	defer turn.Stop()
	for {
		if err := trim(ctx); err != nil && ctx.Err() == nil {
			failed(err)
		}
		select {
		case <-ctx.Done():
			return
		case <-turn.C:
		}
	}
}
