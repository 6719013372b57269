package servertest

import (
	"context"
	"errors"
	"fmt"
)

// ErrMissing is returned where a server's programs are not installed.
var ErrMissing = errors.New("the server is not installed; run `make test-servers`")

// StartPostgreSQL starts a server for a program that is no test; the caller ends it with Cleanup.
func StartPostgreSQL(ctx context.Context, v PostgreSQLVersion, conf ...string) (*Database, error) {
	bin, ok := postgresBin(v)
	if !ok {
		return nil, fmt.Errorf("PostgreSQL %d: %w", v, ErrMissing)
	}
	s, err := newPostgres(bin, conf)
	if err != nil {
		return nil, err
	}
	keep(s)
	return newPostgresDatabase(ctx, s)
}

// StartMariaDB starts a server for a program that is no test; the caller ends it with Cleanup.
func StartMariaDB(ctx context.Context, conf ...string) (*Database, error) {
	bin, ok := mariadbBin()
	if !ok {
		return nil, fmt.Errorf("MariaDB: %w", ErrMissing)
	}
	s, err := newMariaDB(bin, conf)
	if err != nil {
		return nil, err
	}
	keep(s)
	return newMariaDBDatabase(ctx, s)
}

func keep(s Server) {
	running.Lock()
	defer running.Unlock()
	running.all = append(running.all, s)
}
