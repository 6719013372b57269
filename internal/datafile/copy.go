package datafile

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
)

// ErrNone says that there is no file to copy.
var ErrNone = errors.New("there is no such file")

// CanCopy says why Copy would refuse. table is one that the file must have: another program's file is none of ours.
func CanCopy(ctx context.Context, from, to, table string) (err error) {
	db, err := openCopied(from, to)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return holds(ctx, db, from, table)
}

// openCopied opens a file to be copied to where nothing is.
func openCopied(from, to string) (*sql.DB, error) {
	if info, err := os.Stat(from); err != nil || !info.Mode().IsRegular() {
		return nil, fmt.Errorf("copy %s: %w", from, ErrNone)
	}
	if _, err := os.Lstat(to); err == nil {
		return nil, fmt.Errorf("copy %s: %s is there already, and is not written over: name another place", from, to)
	}
	where := url.URL{Scheme: "file", Opaque: url.PathEscape(from), RawQuery: url.Values{"mode": {"ro"}, "_pragma": {"busy_timeout(10000)"}}.Encode()}
	db, err := sql.Open("sqlite", where.String())
	if err != nil {
		return nil, fmt.Errorf("copy %s: %w", from, err)
	}
	return db, nil
}

func holds(ctx context.Context, db *sql.DB, from, table string) error {
	var n int
	if err := db.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = ?", table).Scan(&n); err != nil {
		return fmt.Errorf("copy %s: %w", from, err)
	}
	if n == 0 {
		return fmt.Errorf("copy %s: it holds something else: there is no table %s in it", from, table)
	}
	return nil
}

// Copy writes the data of a file as of one moment into a new one, whole, while another process may use it.
func Copy(ctx context.Context, from, to, table string) (err error) {
	db, err := openCopied(from, to)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := holds(ctx, db, from, table); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return fmt.Errorf("make the directory of %s: %w", to, err)
	}
	made, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600) // for its owner alone; an empty file is one to copy into
	if err != nil {
		return fmt.Errorf("copy %s: %w", from, err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(to)) // half a copy is none
		}
	}()
	if err := made.Close(); err != nil {
		return fmt.Errorf("copy %s: %w", from, err)
	}
	if _, err := db.ExecContext(ctx, "VACUUM INTO ?", to); err != nil {
		return fmt.Errorf("copy %s to %s: %w", from, to, err)
	}
	return toDisk(to)
}

// toDisk has a file survive the machine.
func toDisk(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err == nil {
		err = errors.Join(f.Sync(), f.Close())
	}
	if err != nil {
		return fmt.Errorf("write %s to the disk: %w", path, err)
	}
	return nil
}
