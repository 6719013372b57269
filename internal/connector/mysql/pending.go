package mysql

import (
	"context"
	"database/sql"
	"errors"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

var errPending = errors.New("this part of the connector is not here yet")

func inspect(context.Context, querier, connector.InspectOptions) (*catalog.Catalog, error) {
	return nil, invalid(errPending, "")
}

func describe(context.Context, querier, []catalog.Name) (map[catalog.Name]*connector.Existing, error) {
	return nil, invalid(errPending, "")
}

func exists(context.Context, querier, catalog.Ref) (bool, error) {
	return false, invalid(errPending, "")
}

// Dialect writes DDL.
type Dialect struct{ connector.Dialect }

func quote(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }

func qualified(n catalog.Name) string { return quote(n.Schema) + "." + quote(n.Name) }
