package redshift

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/change"
)

// careful is a load that finds the rows which the server refuses: each batch is copied by itself, and stl_load_errors tells what was
// left out.
type careful struct {
	c *conn // with the transaction open; nil before the first batch
	// rows are the batch's rows in the order of the lines of their file; own are those with a file of their own, by its key.
	rows []int
	own  map[string]int
}

// mostErrors is MAXERROR's own bound; a batch has fewer rows.
const mostErrors = 100_000

// carefully gives a row with a line break in it a file of its own: how the server counts lines is then of no matter.
func (l *loader) carefully(b *change.Batch, row, at int) error {
	if bytes.IndexByte(l.lines[at:len(l.lines)-1], '\n') < 0 && bytes.IndexByte(l.lines[at:], '\r') < 0 {
		l.careful.rows = append(l.careful.rows, row)
		return nil
	}
	f := l.t.newFile(l.ctx, l.request.Mark.Run, loads)
	_, err := f.Write(l.lines[at:])
	if err == nil {
		err = f.finish()
	}
	if err != nil {
		f.abandon()
		return err
	}
	if l.careful.own == nil {
		l.careful.own = map[string]int{}
	}
	l.careful.own[f.key] = row
	l.staged = append(l.staged, f.key)
	l.lines = l.lines[:at]
	return nil
}

// tryRows copies the rows of a batch and rejects those that the server has left out.
func (l *loader) tryRows(ctx context.Context, b *change.Batch) error {
	if l.rows == 0 {
		return nil
	}
	if l.careful.c == nil {
		c, err := l.t.loaders.get(ctx)
		if err != nil {
			return classify(ctx, "load carefully", err)
		}
		l.careful.c = c
		if _, err := c.run(ctx, "BEGIN"); err != nil {
			return classify(ctx, "load carefully", err)
		}
	}
	loaded, err := l.copyStaged(ctx, l.careful.c, mostErrors)
	if err != nil {
		return classify(ctx, "load table "+l.request.Table.Name.String()+" carefully", err)
	}
	missing := l.rows - loaded
	if missing > 0 {
		if err := l.rejectLeftOut(ctx, b, missing); err != nil {
			return err
		}
	}
	l.t.discard(l.staged)
	l.staged, l.rows = nil, 0
	l.careful.rows, l.careful.own = l.careful.rows[:0], nil
	return nil
}

func (l *loader) rejectLeftOut(ctx context.Context, b *change.Batch, missing int64) error {
	found, err := loadErrors(ctx, l.careful.c)
	if err != nil {
		return classify(ctx, "ask which rows were refused", err)
	}
	told := map[int]bool{}
	for _, e := range found {
		row, ok := l.rowOf(e[0], e[1])
		if !ok || told[row] {
			continue
		}
		told[row] = true
		fault := change.DataFault
		if strings.Contains(strings.ToLower(e[3]), "length exceeds") {
			fault = change.TruncationFault
		}
		if err := l.reject(b, row, e[2], fault, "Redshift refuses the value: "+e[3], false); err != nil {
			return err
		}
	}
	if int64(len(told)) != missing {
		return fmt.Errorf("load table %s: COPY has left out %d rows, and stl_load_errors tells of %d", l.request.Table.Name, missing, len(told))
	}
	return nil
}

// rowOf finds the row of the batch that a line of a file is.
func (l *loader) rowOf(filename, line string) (int, bool) {
	for key, row := range l.careful.own {
		if strings.HasSuffix(filename, key) {
			return row, true
		}
	}
	n, err := strconv.Atoi(line)
	if err != nil || n < 1 || n > len(l.careful.rows) {
		return 0, false
	}
	return l.careful.rows[n-1], true
}
