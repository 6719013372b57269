package redshift

import (
	"context"
	"time"

	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// loader stages the rows of one segment, and has COPY take them when it is committed.
type loader struct {
	ctx     context.Context //nolint:containedctx // Abort has none
	t       *target
	request connector.LoadRequest
	fields  []field
	key     []string // the columns of the table's primary key
	liner   liner
	lines   []byte
	file    *file    // that is being written; nil when there is none
	staged  []string // keys of those that are finished
	rows    int64    // in files that COPY has not taken
	careful *careful
	ended   bool
}

// staleAfter is when the files that another process has staged for the same run are given up.
const staleAfter = time.Hour

// Load implements connector.Target.
func (t *target) Load(ctx context.Context, r connector.LoadRequest) (connector.Loader, error) {
	if r.Raw {
		return nil, invalid("", "Redshift takes no raw stream")
	}
	if len(r.Columns) == 0 {
		return nil, invalid("select at least one column", "load table %s: no columns", r.Table.Name)
	}
	fields, err := fieldsOf(r.Table, r.Columns)
	if err != nil {
		return nil, err
	}
	if t.swept.first(r.Mark.Run) {
		if err := t.sweep(ctx, runFolder(r.Mark.Run, loads), time.Now().Add(-staleAfter)); err != nil {
			return nil, err
		}
	}
	if err := t.Exec(ctx, r.Before); err != nil {
		return nil, err
	}
	l := &loader{ctx: ctx, t: t, request: r, fields: fields, liner: liner{writer: writer{settings: t.settings}, null: t.null}}
	if k := r.Table.PrimaryKey; k != nil {
		l.key = k.Columns
	}
	if r.Careful {
		l.careful = &careful{}
	}
	return l, nil
}

// linesAtOnce is how much text is gathered before it goes into the file.
const linesAtOnce = 64 << 10

// enough reports whether so much text is gathered that it goes into the file: so little that a file which it passes the bound of is
// filled well.
func (l *loader) enough() bool {
	return int64(len(l.lines)) >= min(linesAtOnce, l.t.settings.maxFile/2)
}

// Write implements connector.Loader.
func (l *loader) Write(ctx context.Context, b *change.Batch) error {
	if l.ended {
		return errEnded
	}
	parts := []part{{l.fields, b}}
	for row := range b.Rows() {
		at := len(l.lines)
		lines, cut, no := l.liner.append(l.lines, parts, row)
		l.lines = lines
		switch {
		case no != nil:
			if err := l.reject(b, row, no.column, no.why.fault, no.why.reason, false); err != nil {
				return err
			}
			continue
		case cut != "":
			if err := l.reject(b, row, cut, change.TruncationFault, "the value was cut to the length of the column (TruncateColumns)", true); err != nil {
				return err
			}
		}
		l.rows++
		if l.careful != nil {
			if err := l.carefully(b, row, at); err != nil {
				return err
			}
		}
		if l.enough() {
			if err := l.gathered(); err != nil {
				return err
			}
		}
	}
	if l.careful == nil {
		return nil
	}
	if err := l.seal(); err != nil {
		return err
	}
	return l.tryRows(ctx, b)
}

func (l *loader) reject(b *change.Batch, row int, column string, fault change.Fault, reason string, kept bool) error {
	return l.request.Reject(change.Reject{Fault: fault, Column: column, Key: keyOf(l.key, l.request.Columns, b, row), Reason: reason, Kept: kept})
}

// gathered puts the lines into the file, and ends it where it has its size: a careful load has one for each batch.
func (l *loader) gathered() error {
	if len(l.lines) == 0 {
		return nil
	}
	if l.careful == nil && l.file != nil && l.file.text+int64(len(l.lines)) > l.t.settings.maxFile {
		if err := l.finish(); err != nil {
			return err
		}
	}
	if l.file == nil {
		l.file = l.t.newFile(l.ctx, l.request.Mark.Run, loads)
	}
	_, err := l.file.Write(l.lines)
	l.lines = l.lines[:0]
	if cap(l.lines) > 1<<20 {
		l.lines = nil
	}
	return err
}

// finish ends the file.
func (l *loader) finish() error {
	if l.file == nil {
		return nil
	}
	key := l.file.key
	if err := l.file.finish(); err != nil {
		return err
	}
	l.file, l.staged = nil, append(l.staged, key)
	return nil
}

// seal ends what is being written.
func (l *loader) seal() error {
	if err := l.gathered(); err != nil {
		return err
	}
	return l.finish()
}

func (l *loader) columns() []string {
	names := make([]string, len(l.fields))
	for i := range l.fields {
		names[i] = l.fields[i].column.Name
	}
	return names
}

// copyStaged has COPY take what is staged, inside the transaction of a connection.
func (l *loader) copyStaged(ctx context.Context, c *conn, most int) (loaded int64, err error) {
	if l.rows == 0 {
		return 0, nil
	}
	m, err := l.t.stageManifest(ctx, l.staged)
	if err != nil {
		return 0, err
	}
	set := l.t.settings
	sql := l.t.copySQL(copying{
		into: quoteName(l.request.Table.Name), columns: l.columns(), manifest: m, null: l.t.null,
		explicit: set.explicitIDs, update: set.compUpdate && l.careful == nil, most: most,
	})
	loaded, err = l.t.copyIn(ctx, c, sql, l.rows, most)
	l.staged = append(l.staged, m)
	return loaded, err
}

// Commit implements connector.Loader.
func (l *loader) Commit(ctx context.Context, counts connector.Counts) error {
	if l.ended {
		return errEnded
	}
	if err := l.seal(); err != nil {
		return err
	}
	doing := "load table " + l.request.Table.Name.String()
	err := l.commit(ctx, counts)
	if err != nil {
		return classify(ctx, doing, err)
	}
	l.ended = true
	l.t.discard(l.staged)
	return l.t.Exec(ctx, l.request.After)
}

func (l *loader) commit(ctx context.Context, counts connector.Counts) error {
	var c *conn
	if l.careful != nil && l.careful.c != nil {
		c, l.careful.c = l.careful.c, nil
	} else {
		var err error
		if c, err = l.t.loaders.get(ctx); err != nil {
			return err
		}
		if _, err = c.run(ctx, "BEGIN"); err != nil {
			l.t.loaders.put(c)
			return err
		}
	}
	defer l.t.loaders.put(c)
	if l.careful == nil {
		if _, err := l.copyStaged(ctx, c, 0); err != nil {
			return err
		}
	}
	if m := l.request.Mark; m != (connector.Mark{}) {
		if _, err := c.run(ctx, l.t.markSQL(m, counts)); err != nil {
			return err
		}
	}
	_, err := c.run(ctx, "COMMIT")
	return err
}

// Abort implements connector.Loader.
func (l *loader) Abort() {
	if l.ended {
		return
	}
	l.ended = true
	if l.file != nil {
		l.file.abandon()
	}
	if l.careful != nil && l.careful.c != nil {
		l.t.loaders.put(l.careful.c) // whose transaction ends with it
		l.careful.c = nil
	}
	l.t.discard(l.staged)
}
