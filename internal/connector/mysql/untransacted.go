package mysql

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

var _ connector.Untransacted = (*target)(nil)

// Transactional implements connector.Untransacted.
func (t *target) Transactional(table *catalog.Table) bool { return transactional(table) }

// transactional reports whether the table's storage engine can roll back. Those of no name here, such as MyISAM, Aria,
// MEMORY and ARCHIVE, keep every row they have been given.
func transactional(t *catalog.Table) bool {
	switch strings.ToLower(engineOf(t)) {
	case "innodb", "rocksdb", "tokudb", "ndbcluster", "ndb":
		return true
	}
	return false
}

var engineOption = regexp.MustCompile(`(?i)\bENGINE\s*=\s*(\w+)`)

// engineOf names the storage engine that the table has, or will be made with.
func engineOf(t *catalog.Table) string {
	if m := engineOption.FindStringSubmatch(t.Native[nativeOptions]); m != nil {
		return m[1]
	}
	if e := t.Native[nativeEngine]; e != "" {
		return e
	}
	return "InnoDB"
}

// clearGrace is how long the clearing after a load that was given up may take.
const clearGrace = 5 * time.Second

// clearRemains empties a table without transactions of what an earlier try has left.
func (t *target) clearRemains(ctx context.Context, r connector.LoadRequest) error {
	if transactional(r.Table) {
		return nil
	}
	if !r.Fresh || !r.Alone {
		return &connector.Error{Class: connector.Invalid, Err: fmt.Errorf("the storage engine %s has no transactions, and the table holds other rows", engineOf(r.Table)),
			Remedy: "empty the table first, or give it a storage engine with transactions"}
	}
	var remains bool
	if err := t.host.control.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM "+quoteTable(r.Table.Name)+")").Scan(&remains); err != nil || !remains {
		return classify(ctx, err)
	}
	return t.Exec(ctx, []catalog.Statement{{SQL: "TRUNCATE TABLE " + quoteTable(r.Table.Name)}})
}

// insertOneByOne is insertCarefully for a table without transactions: of a statement with many rows, those before the
// refused one would stay.
func (l *insertLoader) insertOneByOne(ctx context.Context, from, end int) error {
	for i := from; i < end; i++ {
		refused := l.insert(ctx, i, i+1)
		switch {
		case refused == nil:
			continue
		case connector.ClassOf(refused) != connector.Data:
			return refused
		case errors.Is(refused, errChanged):
			return &connector.Error{Class: connector.Invalid, Err: fmt.Errorf("row %s: %w, and the storage engine cannot take it back", l.keys[i], refused)}
		}
		if err := l.request.Reject(l.explain(refused, l.keys[i])); err != nil {
			return err
		}
	}
	return nil
}
