package mysql

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/go-sql-driver/mysql"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/typemap"
)

// MariaDB takes rows with a life of their own from 10.11 on (system_versioning_insert_history). From 11.5 on the life of a current row ends in
// 2106 and not in 2038 (MDEV-32188), so that rows from before it would not be current there.
const (
	firstHistories = 101100
	nextEndOfTime  = 110500
)

// boundary is a bound of a row's life, which a server does not list among the columns unless it was told of it.
var boundary = columnInfo{dataType: "timestamp", columnType: "timestamp(6)", scale: 6}

func (r release) keepsHistories() bool {
	return r.flavour == MariaDB && r.version >= firstHistories && r.version < nextEndOfTime
}

// KeepsHistories reports whether the target takes earlier rows.
func (d Dialect) KeepsHistories() bool { return d.Histories }

// DropHistory forgets the rows of a table that are no longer current.
func (Dialect) DropHistory(t *catalog.Table) []catalog.Statement {
	if t.Native[nativeVersioned] == "" {
		return nil
	}
	return []catalog.Statement{{SQL: "DELETE HISTORY FROM " + quoteTable(t.Name)}}
}

// truncateVersioned is the number of MariaDB's ER_VERS_NOT_SUPPORTED: a table that keeps earlier rows cannot be truncated.
const truncateVersioned = 4137

// isVersioned reports whether a table could not be truncated because it keeps earlier rows. Its rows can be deleted, and stay as earlier ones.
func isVersioned(err error) bool {
	var e *mysql.MySQLError
	return errors.As(err, &e) && e.Number == truncateVersioned
}

// takesHistories asks whether the server takes earlier rows from this user: secure_timestamp may keep sessions from setting times.
func takesHistories(ctx context.Context, s *host) (bool, error) {
	if !parseVersion(s.version).keepsHistories() {
		return false, nil
	}
	var secure string
	if err := s.control.QueryRowContext(ctx, "SELECT @@secure_timestamp").Scan(&secure); err != nil {
		return false, fmt.Errorf("ask for the server's variables: %w", err)
	}
	return strings.EqualFold(secure, "NO"), nil
}

// markHistories finds the bounds of rows' lives. Those that are numbers of transactions mean nothing to another server.
func (i *inspector) markHistories(context.Context) error {
	if !i.release.keepsHistories() {
		return nil
	}
	for _, t := range i.tables {
		if t.Native[nativeVersioned] == "" {
			continue
		}
		began, ended := boundOf(t, "ROW START", "row_start"), boundOf(t, "ROW END", "row_end")
		if began.BaseType == boundary.dataType && ended.BaseType == boundary.dataType {
			t.History = []*catalog.Column{began, ended}
		}
	}
	return nil
}

// boundOf is the column that was declared as a bound, or else the one that every other table has. It is not the one among the table's columns:
// who reads that asks for current rows.
func boundOf(t *catalog.Table, generated, hidden string) *catalog.Column {
	for _, c := range t.Columns {
		if strings.EqualFold(c.Generated, generated) {
			declared := *c
			return &declared
		}
	}
	c := &catalog.Column{Name: hidden, NativeType: boundary.columnType}
	c.BaseType, c.Type = typemap.FromNative(catalog.MySQL, c.NativeType)
	return c
}

func isHistory(t *catalog.Table, c *catalog.Column) bool {
	return slices.ContainsFunc(t.History, func(h *catalog.Column) bool { return h.Name == c.Name })
}

// readsHistory reports whether a read asks for the bounds of rows' lives, which means for all rows that were.
func readsHistory(r connector.ReadRequest) bool {
	return len(r.Table.History) > 0 && slices.ContainsFunc(r.Columns, func(c connector.ReadColumn) bool { return c.Column == r.Table.History[1] })
}

// allowHistory lets a session give rows a life of their own, when a load is of such rows.
func allowHistory(ctx context.Context, se *link, r connector.LoadRequest) error {
	if !slices.ContainsFunc(r.Columns, func(c connector.LoadColumn) bool { return isHistory(r.Table, c.Column) }) {
		return nil
	}
	_, err := se.exec(ctx, "SET SESSION system_versioning_insert_history=1")
	return err
}
