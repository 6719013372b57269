package s3

import (
	"context"
	"fmt"
	"time"

	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/connector/s3/rowfile"
	"github.com/whimbreldb/whimbrel/internal/connector/s3/store"
)

// loader writes the rows of one segment into files of its own. Their bytes travel while rows come, and the files get their
// names once the segment is marked.
type loader struct {
	ctx     context.Context //nolint:containedctx // of the load: files travel on after Write, whose context ends with the rows
	target  *target
	request connector.LoadRequest
	numbers *numbers
	layout  rowfile.Layout
	lines   []rowfile.Line
	file    *file // the one that is being written
	sealed  []store.Ticket
	taken   []int
	ended   bool
}

var _ connector.Loader = (*loader)(nil)

// file is a file that is being written.
type file struct {
	writer rowfile.Writer
	out    *outgoing
}

// Load implements connector.Target.
func (t *target) Load(ctx context.Context, r connector.LoadRequest) (connector.Loader, error) {
	if r.Raw {
		return nil, invalid("", "files take no raw stream")
	}
	if len(r.Columns) == 0 {
		return nil, invalid("select at least one column", "load table %s: no columns", r.Table.Name)
	}
	layout := rowfile.Layout{Columns: r.Columns, Op: t.settings.opOnLoad, Stamp: t.settings.stamp}
	if why := t.settings.clash(layout); why != "" {
		return nil, invalid("", "load table %s: %s", r.Table.Name, why)
	}
	n, err := t.numbersOf(ctx, r.Mark)
	if err != nil {
		return nil, err
	}
	if err := t.Exec(ctx, r.Before); err != nil {
		return nil, err
	}
	return &loader{ctx: ctx, target: t, request: r, numbers: n, layout: layout}, nil
}

// Write implements connector.Loader.
func (l *loader) Write(ctx context.Context, b *change.Batch) error {
	if l.ended {
		return errEnded
	}
	at := time.Now()
	if l.target.settings.atStart {
		at = l.numbers.started
	}
	step := l.step(b)
	for from := 0; from < b.Rows(); from += step {
		if err := l.writeSome(ctx, b, from, min(from+step, b.Rows()), at); err != nil {
			return err
		}
	}
	return nil
}

// step is how many rows of a batch are written before somebody asks how large the file is: an eighth of MaxFileSize.
func (l *loader) step(b *change.Batch) int {
	perRow := max(b.Payload()/max(b.Rows(), 1), 1)
	return int(max(l.target.settings.maxFile/8/int64(perRow), 1))
}

func (l *loader) writeSome(ctx context.Context, b *change.Batch, from, till int, at time.Time) error {
	if err := l.open(); err != nil {
		return err
	}
	l.lines = l.lines[:0]
	for row := from; row < till; row++ {
		line := rowfile.Line{Op: 'I', Batch: b, Row: int32(row), Stamp: at.UnixMicro()}
		if column, why := l.file.writer.Check(&line); why != "" {
			if err := l.reject(b, row, column, why); err != nil {
				return err
			}
			continue
		}
		l.lines = append(l.lines, line)
	}
	if err := l.file.writer.Write(l.lines); err != nil {
		return fmt.Errorf("load table %s: %w", l.request.Table.Name, err)
	}
	full, err := l.file.isFull(l.target.settings.maxFile)
	if err != nil || !full {
		return err
	}
	return l.seal(ctx)
}

// isFull reports whether a file has come so near to its greatest size that another step might pass it. How much compression and
// encoding leave of what is pending shows only once it is written.
func (f *file) isFull(most int64) (bool, error) {
	if f.out.size()+int64(f.writer.Pending()) < most-most/8 {
		return false, nil
	}
	if err := f.writer.Flush(); err != nil {
		return false, err
	}
	return f.out.size() >= most-most/4, nil
}

func (l *loader) reject(b *change.Batch, row, column int, why string) error {
	var names []string
	var columns []int
	if k := l.request.Table.PrimaryKey; k != nil {
		for i, c := range l.request.Columns {
			for _, name := range k.Columns {
				if c.Column.Name == name {
					names, columns = append(names, name), append(columns, i)
				}
			}
		}
	}
	if !l.request.Careful { // a refused row fails the load, which is then done again with care
		return &connector.Error{Class: connector.Data, Err: fmt.Errorf("column %q of table %s: %s", l.request.Columns[column].Column.Name, l.request.Table.Name, why)}
	}
	return l.request.Reject(change.Reject{Fault: change.DataFault, Column: l.request.Columns[column].Column.Name, Key: change.KeyText(b, row, names, columns), Reason: why})
}

// open begins a file when none is being written.
func (l *loader) open() error {
	if l.file != nil {
		return nil
	}
	number := l.numbers.take()
	l.taken = append(l.taken, number)
	f, err := l.target.newFile(l.ctx, folder(l.request.Table.Name)+loadName(number, l.target.extension()), l.layout)
	l.file = f
	return err
}

// extension is the end of a file's name.
func (t *target) extension() string {
	e := t.settings.format.Extension()
	if t.settings.gzipCSV {
		e += ".gz"
	}
	return e
}

func (t *target) newFile(ctx context.Context, key string, l rowfile.Layout) (*file, error) {
	f := &file{out: t.stage(ctx, key)}
	var err error
	f.writer, err = t.settings.format.New(f.out, l)
	return f, err
}

func (l *loader) seal(ctx context.Context) error {
	if err := l.file.writer.Close(); err != nil {
		return err
	}
	ticket, err := l.file.out.seal(ctx)
	if err != nil {
		return err
	}
	l.file, l.sealed = nil, append(l.sealed, ticket)
	return nil
}

// Commit implements connector.Loader.
func (l *loader) Commit(ctx context.Context, c connector.Counts) error {
	if l.ended {
		return errEnded
	}
	if l.file != nil {
		if err := l.seal(ctx); err != nil {
			return err
		}
	}
	// An error may mean that the mark is there and its answer was lost: what it names must stay, and its numbers are not given to
	// another. If it is not there, the files are swept when the journal is closed, or by who loads the table again.
	l.ended = true
	t, m := l.target, l.request.Mark
	if m != (connector.Mark{}) {
		if err := t.commit(ctx, m, l.numbers.plan, c, l.sealed); err != nil {
			t.leave(m.Run, l.sealed)
			return err
		}
	}
	key := markKey(m.Run, m.Table, m.Segment.Number)
	t.remember(key, waiting{l.numbers.plan, l.sealed})
	for _, f := range l.sealed {
		if err := t.store.Publish(ctx, f); err != nil {
			return err
		}
	}
	t.published(key, l.numbers.plan)
	return t.Exec(ctx, l.request.After)
}

// Abort implements connector.Loader.
func (l *loader) Abort() {
	if l.ended {
		return
	}
	l.ended = true
	if l.file != nil {
		l.file.out.abandon()
	}
	l.target.discard(l.sealed)
	for _, number := range l.taken {
		l.numbers.give(number)
	}
}

// discardWithin is how long the store is asked to forget what nobody will publish; what it keeps is swept later.
const discardWithin = 10 * time.Second

func (t *target) discard(files []store.Ticket) {
	ctx, stop := context.WithTimeout(context.Background(), discardWithin)
	defer stop()
	for _, f := range files {
		_ = t.store.Sweep(ctx, f.Key, nil, func(key string) bool { return key != f.Key })
	}
}
