package mysql

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/connector/mysql/wire"
)

// Load begins the load of one segment: by LOAD DATA LOCAL where the server takes it and nothing has to be looked at
// row by row, else by INSERT.
func (t *target) Load(ctx context.Context, r connector.LoadRequest) (connector.Loader, error) {
	if r.Raw {
		return nil, invalid(errors.New("this engine has no raw bulk stream"), "")
	}
	if err := t.Exec(ctx, r.Before); err != nil {
		return nil, fmt.Errorf("prepare %s: %w", r.Table.Name, err)
	}
	if err := t.clearRemains(ctx, r); err != nil {
		return nil, fmt.Errorf("prepare %s: %w", r.Table.Name, err)
	}
	columns, err := t.encoders(ctx, r)
	if err != nil {
		return nil, fmt.Errorf("load %s: %w", r.Table.Name, err)
	}
	se, err := t.take(ctx)
	if err != nil {
		return nil, fmt.Errorf("load %s: %w", r.Table.Name, err)
	}
	base := loadBase{target: t, request: r, link: se, columns: columns}
	if _, err := se.exec(ctx, "START TRANSACTION"); err != nil {
		se.close()
		return nil, fmt.Errorf("load %s: begin: %w", r.Table.Name, err)
	}
	if err := allowHistory(ctx, se, r); err != nil {
		se.close()
		return nil, fmt.Errorf("load %s: %w", r.Table.Name, err)
	}
	if r.Careful || !t.localInfile {
		return newInsertLoader(base), nil
	}
	l := &bulkLoader{loadBase: base}
	err = se.guard(ctx, func() (err error) {
		l.file, err = se.conn.LoadData(loadStatement(r.Table.Name, columns))
		return err
	})
	if err != nil {
		l.Abort()
		return nil, fmt.Errorf("load %s: %w", r.Table.Name, t.mayNotWrite(ctx, err, r.Table.Name.Schema))
	}
	return l, nil
}

// loadBase is what both ways of loading share.
type loadBase struct {
	target  *target
	request connector.LoadRequest
	link    *link // nil once the load is over
	columns []cellEncoder
	rows    int64 // handed to the server
}

// Abort gives the load up. The server rolls back when the connection goes.
func (l *loadBase) Abort() {
	if l.link == nil {
		return
	}
	l.link.close()
	l.link = nil
	if !transactional(l.request.Table) {
		ctx, cancel := context.WithTimeout(context.Background(), clearGrace)
		defer cancel()
		_ = l.target.clearRemains(ctx, l.request) // else the next load of the table does it
	}
}

// finish writes the mark, commits and runs what follows the load.
func (l *loadBase) finish(ctx context.Context, c connector.Counts) error {
	if l.request.Mark.Run != "" {
		r, err := l.link.exec(ctx, l.target.markStatement(l.request.Mark, c))
		if err != nil {
			return fmt.Errorf("write the journal: %w", err)
		}
		if r.Affected == 0 {
			return &connector.Error{Class: connector.Invalid,
				Err: fmt.Errorf("segment %d is loaded already, or was planned anew by another run", l.request.Mark.Segment.Number)}
		}
	}
	if _, err := l.link.exec(ctx, "COMMIT"); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	l.target.giveBack(l.link)
	l.link = nil
	if err := l.target.Exec(ctx, l.request.After); err != nil {
		return fmt.Errorf("finish %s: %w", l.request.Table.Name, err)
	}
	return nil
}

// bulkLoader loads by one LOAD DATA LOCAL.
type bulkLoader struct {
	loadBase
	file *wire.Infile
}

var _ connector.Loader = (*bulkLoader)(nil)

// Write encodes the rows of a batch and sends them.
func (l *bulkLoader) Write(ctx context.Context, b *change.Batch) error {
	err := l.link.guard(ctx, func() error { return l.write(b) })
	if err != nil {
		return fmt.Errorf("load %s: %w", l.request.Table.Name, l.target.mayNotWrite(ctx, err, l.request.Table.Name.Schema))
	}
	return nil
}

func (l *bulkLoader) write(b *change.Batch) error {
	large := hasLargeCell(b)
	for i := range b.Rows() {
		if err := l.row(b, i, large); err != nil {
			return err
		}
		if l.file.Due() {
			if err := l.file.Flush(); err != nil {
				return err
			}
		}
	}
	return nil
}

// row encodes one row, or rejects it and leaves no trace of it.
func (l *bulkLoader) row(b *change.Batch, i int, large bool) error {
	start := len(l.file.Buffer)
	for c := range l.columns {
		var err error
		if large && l.columns[c].isLarge(&b.Columns[c], i) {
			// Bytes of this row may leave the buffer now, so the rest of it is tried beforehand.
			if start >= 0 {
				if err := l.tryRest(b, i, c); err != nil {
					l.file.Buffer = l.file.Buffer[:start]
					return l.reject(b, i, err)
				}
				start = -1
			}
			err = l.sendLarge(b.Columns[c].Value(i))
		} else {
			l.file.Buffer, err = l.columns[c].append(l.file.Buffer, &b.Columns[c], i)
		}
		if err != nil && start >= 0 {
			l.file.Buffer = l.file.Buffer[:start]
			return l.reject(b, i, err)
		}
		if err != nil {
			return err
		}
		l.file.Buffer = append(l.file.Buffer, '\t')
	}
	l.file.Buffer[len(l.file.Buffer)-1] = '\n'
	l.rows++
	return nil
}

// tryRest encodes the values after column c for nothing, to find the one that would be refused.
func (l *bulkLoader) tryRest(b *change.Batch, i, c int) error {
	var scratch []byte
	for ; c < len(l.columns); c++ {
		if l.columns[c].isLarge(&b.Columns[c], i) {
			continue
		}
		var err error
		if scratch, err = l.columns[c].append(scratch[:0], &b.Columns[c], i); err != nil {
			return err
		}
	}
	return nil
}

// sendLarge escapes and sends a large value piece by piece.
func (l *bulkLoader) sendLarge(value []byte) error {
	for len(value) > 0 {
		n := min(len(value), largeCell)
		l.file.Buffer = appendEscaped(l.file.Buffer, value[:n])
		value = value[n:]
		if l.file.Due() {
			if err := l.file.Flush(); err != nil {
				return err
			}
		}
	}
	return nil
}

// Commit ends the statement, looks whether the server took every row as it was, and commits.
func (l *bulkLoader) Commit(ctx context.Context, c connector.Counts) error {
	var r wire.Result
	err := l.link.guard(ctx, func() (err error) {
		r, err = l.file.Finish()
		return err
	})
	if err == nil {
		err = l.verify(ctx, r)
	}
	if err == nil {
		err = l.finish(ctx, c)
	}
	if err != nil {
		return fmt.Errorf("load %s: %w", l.request.Table.Name, err)
	}
	return nil
}

// verify finds what the server has changed or left out. A LOAD DATA LOCAL cannot stop, so it turns errors into
// warnings; here each of them is an error.
func (l *bulkLoader) verify(ctx context.Context, r wire.Result) error {
	if r.Warnings == 0 && int64(r.Affected) == l.rows {
		return nil
	}
	warnings, err := l.link.query(ctx, "SHOW WARNINGS LIMIT 3")
	if err != nil {
		return err
	}
	var said []string
	for _, w := range warnings {
		if len(w) == 3 {
			said = append(said, w[1]+" "+w[2])
		}
	}
	return &connector.Error{Class: connector.Data, Err: fmt.Errorf("the server took %d of %d rows with %d warnings: %s",
		r.Affected, l.rows, r.Warnings, strings.Join(said, "; "))}
}
