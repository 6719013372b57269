package sqlite

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"

	lib "modernc.org/sqlite/lib"

	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// loader writes one segment in one transaction. It takes the turn with its first row and keeps it to the end, so that
// loads opened at the same time follow one another while their readers already fill batches.
type loader struct {
	target  *target
	request connector.LoadRequest
	insert  *stmt
	columns []column
	arena   arena
	open    bool // has the turn and a transaction
	ended   bool
}

var _ connector.Loader = (*loader)(nil)

// Load implements connector.Target. It does not wait: the first Write does.
func (t *target) Load(_ context.Context, r connector.LoadRequest) (connector.Loader, error) {
	if r.Raw {
		return nil, invalid("", "SQLite takes no raw stream")
	}
	if len(r.Columns) == 0 {
		return nil, invalid("select at least one column", "load table %s: no columns", r.Table.Name)
	}
	return &loader{target: t, request: r}, nil
}

func (l *loader) doing() string { return "load table " + l.request.Table.Name.String() }

var _ connector.TurnLoader = (*loader)(nil)

// Begin implements connector.TurnLoader.
func (l *loader) Begin(ctx context.Context) error { return l.begin(ctx) }

// begin takes the turn and opens the transaction.
func (l *loader) begin(ctx context.Context) error {
	if l.open {
		return nil
	}
	if l.ended {
		return errors.New("the load has ended")
	}
	if err := l.target.take(ctx); err != nil {
		return err
	}
	err := l.target.look(ctx, l.doing(), func(c *conn) error {
		if err := l.target.writeMode(); err != nil {
			return err
		}
		if err := c.exec("BEGIN IMMEDIATE"); err != nil {
			return err
		}
		for _, s := range l.request.Before {
			if err := c.exec(s.SQL); err != nil {
				return fmt.Errorf("run %s: %w", connector.Gist(s.SQL), err)
			}
		}
		return l.prepare(c)
	})
	l.open = true
	if err != nil {
		l.end()
	}
	return err
}

func (l *loader) prepare(c *conn) error {
	names := make([]string, len(l.request.Columns))
	for i, col := range l.request.Columns {
		names[i] = col.Column.Name
	}
	// OR ABORT outranks a conflict clause of the table, under which rows would be dropped or replaced in silence.
	sql := "INSERT OR ABORT INTO " + quote(l.request.Table.Name.Name) + " (" + quoteAll(names) + ") VALUES (?" +
		strings.Repeat(",?", len(names)-1) + ")"
	s, err := c.prepare(sql)
	if err != nil {
		return err
	}
	l.insert = s
	l.arena.tls = c.tls
	if err := l.arena.reserve(len(names) * scratchSize); err != nil {
		return err
	}
	l.columns = newColumns(l.request, &l.arena)
	return nil
}

// Write implements connector.Loader.
func (l *loader) Write(ctx context.Context, b *change.Batch) error {
	if err := l.begin(ctx); err != nil {
		return err
	}
	defer runtime.KeepAlive(b)
	return l.target.look(ctx, l.doing(), func(c *conn) error {
		if err := l.arena.stage(b, l.columns); err != nil {
			return err
		}
		for row := range b.Rows() {
			if err := l.row(b, row); err != nil {
				return err
			}
		}
		return nil
	})
}

// row binds and inserts one row. A constraint that refuses it undoes this one statement only, so that in Careful mode
// the row is rejected and the transaction goes on: SQLite needs neither savepoints nor bisecting to find bad rows.
func (l *loader) row(b *change.Batch, row int) error {
	s := l.insert
	for i := range l.columns {
		v := &b.Columns[i]
		if v.IsNull(row) {
			s.bindNull(i)
			continue
		}
		if why := l.columns[i].bind(s, i, v, row); why != "" {
			return l.reject(b, row, l.columns[i].name, why)
		}
	}
	rc := lib.Xsqlite3_step(s.c.tls, s.p)
	if rc == lib.SQLITE_DONE {
		s.reset()
		return nil
	}
	err := s.c.failure(rc)
	s.reset()
	if l.request.Careful && isRefusal(rc) && s.c.inTransaction() {
		return l.reject(b, row, "", err.Error())
	}
	return err
}

// isRefusal tells a refused row from trouble with the database.
func isRefusal(rc int32) bool {
	class, _ := classOf(rc)
	return class == connector.Data
}

func (l *loader) reject(b *change.Batch, row int, column, why string) error {
	return l.request.Reject(change.Reject{Fault: change.DataFault, Column: column, Key: l.key(b, row), Reason: why})
}

// key names a row by the primary key of the table, or by all that identifies it when it has none.
func (l *loader) key(b *change.Batch, row int) string {
	var parts []string
	if k := l.request.Table.PrimaryKey; k != nil {
		for _, name := range k.Columns {
			for i := range l.columns {
				if strings.EqualFold(l.columns[i].name, name) {
					parts = append(parts, name+"="+showValue(&b.Columns[i], row))
				}
			}
		}
	}
	if len(parts) == 0 {
		return fmt.Sprintf("%s=%s, a row of segment %d", l.columns[0].name, showValue(&b.Columns[0], row), l.request.Mark.Segment.Number)
	}
	return strings.Join(parts, ", ")
}

// Commit implements connector.Loader.
func (l *loader) Commit(ctx context.Context, n connector.Counts) error {
	if err := l.begin(ctx); err != nil { // a segment without rows has its mark all the same
		return err
	}
	err := l.target.look(ctx, l.doing(), func(c *conn) error {
		for _, s := range l.request.After {
			if err := c.exec(s.SQL); err != nil {
				return fmt.Errorf("run %s: %w", connector.Gist(s.SQL), err)
			}
		}
		if err := writeMark(c, l.request.Mark, n); err != nil {
			return fmt.Errorf("write the mark of segment %d: %w", l.request.Mark.Segment.Number, err)
		}
		if err := l.target.unpark(false); err != nil {
			return err
		}
		if err := c.exec("COMMIT"); err != nil {
			return err
		}
		l.target.parked.forget()
		return nil
	})
	if err != nil {
		return err
	}
	l.end()
	return nil
}

// Abort implements connector.Loader.
func (l *loader) Abort() { l.end() }

// end rolls back what has not been committed and passes the turn on.
func (l *loader) end() {
	if !l.open {
		l.ended = true
		return
	}
	l.open, l.ended = false, true
	t := l.target
	t.mu.Lock()
	if l.insert != nil {
		l.insert.finalize()
	}
	l.arena.free()
	rollback(t.conn)
	if err := t.unpark(true); err != nil {
		t.log.Error("rejected rows could not be recorded", "table", l.request.Table.Name.String(), "error", err)
	}
	t.mu.Unlock()
	t.give()
}
