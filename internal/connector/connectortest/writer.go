package connectortest

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func must(t testing.TB, err error) {
	t.Helper()
	require.NoError(t, err)
}

// writer writes to the source as an application does.
type writer struct {
	suite  *Suite
	tables []Table
	db     *sql.DB
	rand   *rand.Rand
	pause  time.Duration // between transactions
}

func (s *Suite) writer(d Databases, seed uint64) *writer {
	return &writer{suite: s, tables: s.Tables, db: d.Source, rand: rand.New(rand.NewPCG(seed, 7)), pause: s.Pause}
}

// transaction makes a random one: some are rolled back, some have savepoints, some of which are rolled back to.
func (w *writer) transaction(ctx context.Context) error {
	tx, err := w.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	for range 1 + w.rand.IntN(8) {
		if w.rand.IntN(6) > 0 {
			if err := w.statement(ctx, tx); err != nil {
				return err
			}
			continue
		}
		if err := w.savepoint(ctx, tx); err != nil {
			return err
		}
	}
	if w.rand.IntN(8) == 0 {
		return tx.Rollback()
	}
	return tx.Commit()
}

func (w *writer) savepoint(ctx context.Context, tx *sql.Tx) error {
	if _, err := tx.ExecContext(ctx, "SAVEPOINT s1"); err != nil {
		return err
	}
	for range w.rand.IntN(4) {
		if err := w.statement(ctx, tx); err != nil {
			return err
		}
	}
	end := "RELEASE SAVEPOINT s1"
	if w.rand.IntN(2) == 0 {
		end = "ROLLBACK TO SAVEPOINT s1"
	}
	_, err := tx.ExecContext(ctx, end)
	return err
}

// statement runs a random statement. One that a constraint refuses is undone to a savepoint.
func (w *writer) statement(ctx context.Context, tx *sql.Tx) error {
	if _, err := tx.ExecContext(ctx, "SAVEPOINT s2"); err != nil {
		return err
	}
	query, args := w.draw()
	if _, err := tx.ExecContext(ctx, query, args...); err != nil {
		if _, err := tx.ExecContext(ctx, "ROLLBACK TO SAVEPOINT s2"); err != nil {
			return err
		}
	}
	_, err := tx.ExecContext(ctx, "RELEASE SAVEPOINT s2")
	return err
}

func (w *writer) draw() (string, []any) {
	t := w.tables[w.rand.IntN(len(w.tables))]
	switch n := w.rand.IntN(20); {
	case n < 8:
		return w.insert(t, "INSERT INTO %s (%s) VALUES (%s)")
	case n < 10 && t.Upsert != "":
		return w.insert(t, t.Upsert)
	case n < 16:
		return w.update(t)
	case n == 16 && w.rand.IntN(10) == 0:
		return "DELETE FROM " + w.suite.quote(t.Name), nil
	default:
		where, args := w.where(t, 0)
		return "DELETE FROM " + w.suite.quote(t.Name) + where, args
	}
}

func (w *writer) insert(t Table, form string) (string, []any) {
	var names, marks []string
	var args []any
	for _, c := range t.Columns {
		if c.Value == nil {
			continue
		}
		args = append(args, c.Value(w.rand))
		names, marks = append(names, w.suite.quote(c.Name)), append(marks, w.suite.Mark(len(args)))
	}
	return fmt.Sprintf(form, w.suite.quote(t.Name), strings.Join(names, ", "), strings.Join(marks, ", ")), args
}

// update sets some columns of some rows, keys among them now and then.
func (w *writer) update(t Table) (string, []any) {
	var set []string
	var args []any
	for _, c := range t.Columns {
		if c.Value == nil || isKey(t, c.Name) && (w.suite.SteadyKeys || w.rand.IntN(4) > 0) || w.rand.IntN(2) == 0 {
			continue
		}
		args = append(args, c.Value(w.rand))
		set = append(set, w.suite.quote(c.Name)+" = "+w.suite.Mark(len(args)))
	}
	if len(set) == 0 {
		return w.insert(t, "INSERT INTO %s (%s) VALUES (%s)")
	}
	where, more := w.where(t, len(args))
	return "UPDATE " + w.suite.quote(t.Name) + " SET " + strings.Join(set, ", ") + where, append(args, more...)
}

// where picks rows by a value of one column.
func (w *writer) where(t Table, n int) (string, []any) {
	for {
		c := t.Columns[w.rand.IntN(len(t.Columns))]
		if len(t.Key) > 0 && w.rand.IntN(3) > 0 && !isKey(t, c.Name) || c.Value == nil {
			continue
		}
		value := c.Value(w.rand)
		if value == nil {
			return " WHERE " + w.suite.quote(c.Name) + " IS NULL", nil
		}
		return " WHERE " + w.suite.quote(c.Name) + " = " + w.suite.Mark(n+1), []any{value}
	}
}

func isKey(t Table, column string) bool {
	for _, k := range t.Key {
		if k == column {
			return true
		}
	}
	return false
}
