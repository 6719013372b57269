package mysql

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// insertBytes is the size at which an INSERT of many rows is sent.
const insertBytes = 512 << 10

// insertLoader loads by INSERT of many rows: where the server refuses LOAD DATA LOCAL, and in Careful mode.
type insertLoader struct {
	loadBase
	head string // INSERT INTO … VALUES
	// text holds the rows not sent yet, each in parentheses; row i ends at ends[i].
	text []byte
	ends []int
	keys []string // of those rows; in Careful mode only
	sql  []byte
}

var _ connector.Loader = (*insertLoader)(nil)

func newInsertLoader(b loadBase) *insertLoader {
	var names []string
	for _, c := range b.columns {
		if !c.column.generated {
			names = append(names, quoteIdent(c.name))
		}
	}
	return &insertLoader{loadBase: b, head: "INSERT INTO " + quoteTable(b.request.Table.Name) + " (" + strings.Join(names, ", ") + ") VALUES "}
}

// Write sends the rows of a batch.
func (l *insertLoader) Write(ctx context.Context, b *change.Batch) error {
	if err := l.write(ctx, b); err != nil {
		return fmt.Errorf("load %s: %w", l.request.Table.Name, err)
	}
	return nil
}

func (l *insertLoader) write(ctx context.Context, b *change.Batch) error {
	for i := range b.Rows() {
		mark, rows, keys := len(l.text), len(l.ends), len(l.keys)
		if err := l.row(b, i); err != nil {
			return err
		}
		if crowds(l.text, mark, 0) {
			l.text, l.ends, l.keys = l.text[:mark], l.ends[:rows], l.keys[:keys]
			if err := l.send(ctx); err != nil {
				return err
			}
			if err := l.row(b, i); err != nil {
				return err
			}
		}
		if len(l.text) >= insertBytes {
			if err := l.send(ctx); err != nil {
				return err
			}
		}
	}
	return l.send(ctx)
}

// row appends one row's text, or rejects the row.
func (l *insertLoader) row(b *change.Batch, i int) error {
	start := len(l.text)
	sep := byte('(')
	for c := range l.columns {
		if l.columns[c].column.generated {
			continue
		}
		l.text = append(l.text, sep)
		sep = ','
		var err error
		if l.text, err = l.columns[c].appendSQL(l.text, &b.Columns[c], i); err != nil {
			l.text = l.text[:start]
			return l.reject(b, i, err)
		}
	}
	l.text = append(l.text, ')')
	l.ends = append(l.ends, len(l.text))
	if l.request.Careful {
		l.keys = append(l.keys, l.keyOf(b, i))
	}
	return nil
}

func (l *insertLoader) send(ctx context.Context) error {
	if len(l.ends) == 0 {
		return nil
	}
	var err error
	if l.request.Careful && !transactional(l.request.Table) {
		err = l.insertOneByOne(ctx, 0, len(l.ends))
	} else if l.request.Careful {
		err = l.insertCarefully(ctx, 0, len(l.ends))
	} else {
		err = l.insert(ctx, 0, len(l.ends))
	}
	l.text, l.ends, l.keys = l.text[:0], l.ends[:0], l.keys[:0]
	if cap(l.text) > 4*change.MaxBatchBytes {
		l.text, l.sql = nil, nil
	}
	return err
}

// insert sends rows from to below end. A warning is an error, because it says that a value was changed.
func (l *insertLoader) insert(ctx context.Context, from, end int) error {
	l.sql = append(l.sql[:0], l.head...)
	start := 0
	if from > 0 {
		start = l.ends[from-1]
	}
	for i := from; i < end; i++ {
		if i > from {
			l.sql = append(l.sql, ',')
		}
		l.sql = append(l.sql, l.text[start:l.ends[i]]...)
		start = l.ends[i]
	}
	r, err := l.link.execBytes(ctx, l.sql)
	err = l.target.mayNotWrite(ctx, err, l.request.Table.Name.Schema)
	if err == nil && r.Warnings > 0 {
		err = l.warned(ctx)
	}
	if err == nil {
		l.rows += int64(end - from)
	}
	return err
}

// warned makes an error of the first warning.
func (l *insertLoader) warned(ctx context.Context) error {
	w, err := l.link.query(ctx, "SHOW WARNINGS LIMIT 1")
	if err != nil {
		return err
	}
	text := "it does not say which"
	if len(w) == 1 && len(w[0]) == 3 {
		text = w[0][1] + ": " + w[0][2]
	}
	return &connector.Error{Class: connector.Data, Err: fmt.Errorf("%w: %s", errChanged, text)}
}

// errChanged is in the chain when the server has taken a row and changed it.
var errChanged = errors.New("the server changed a value")

// Commit commits rows and mark.
func (l *insertLoader) Commit(ctx context.Context, c connector.Counts) error {
	if err := l.finish(ctx, c); err != nil {
		return fmt.Errorf("load %s: %w", l.request.Table.Name, err)
	}
	return nil
}
