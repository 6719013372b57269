package sqlite

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"

	lib "modernc.org/sqlite/lib"

	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/connector/setting"
)

// source is a database file that is only read.
type source struct {
	at  location
	log *slog.Logger
}

var _ connector.Source = (*source)(nil)

func openSource(ctx context.Context, cfg connector.Config) (connector.Source, error) {
	at, err := parseURL(cfg.URL, "ro")
	if err != nil {
		return nil, err
	}
	if err := setting.Read(cfg.Settings).End(); err != nil {
		return nil, err
	}
	if err := mustExist(at.path); err != nil {
		return nil, err
	}
	s := &source{at: at, log: logger(cfg)}
	c, err := s.connect()
	if err != nil {
		return nil, err
	}
	defer c.close()
	err = c.during(ctx, func() error { return c.exec("SELECT count(*) FROM sqlite_schema") })
	if err != nil {
		return nil, openError(at, err)
	}
	return s, nil
}

func logger(cfg connector.Config) *slog.Logger {
	if cfg.Log != nil {
		return cfg.Log
	}
	return slog.New(slog.DiscardHandler)
}

// mustExist looks at the file before SQLite does, whose message would not say which file is missing.
func mustExist(path string) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return &connector.Error{Class: connector.Missing, Err: fmt.Errorf("database file %s does not exist", path),
			Remedy: "check the path; relative paths start at the current folder"}
	case err != nil:
		return &connector.Error{Class: connector.Denied, Err: fmt.Errorf("look at database file: %w", err)}
	case info.IsDir():
		return invalid("name the database file in it", "%s is a folder", path)
	}
	return nil
}

// connect opens one more read-only connection.
func (s *source) connect() (*conn, error) {
	c, err := openConn(s.at, lib.SQLITE_OPEN_READONLY)
	if err != nil {
		return nil, err
	}
	// The page cache of a reader serves the inner pages of a scan; more would only cost memory.
	if err := c.exec("PRAGMA query_only=1; PRAGMA cache_size=-4096; PRAGMA trusted_schema=0"); err != nil {
		_ = c.close()
		return nil, openError(s.at, err)
	}
	return c, nil
}

// Identity implements connector.Source.
func (s *source) Identity() string { return s.at.identity() }

// Close implements connector.Source. Connections belong to snapshots, so there is nothing left to do.
func (s *source) Close() error { return nil }
