package postgres

import (
	"context"
	"fmt"

	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// writeCarefully loads a batch under a savepoint. When the server refuses a row the batch is halved until that row is
// alone; it is rejected and the others go on.
func (l *loader) writeCarefully(ctx context.Context, b *change.Batch) error {
	defer l.w.watch(ctx)()
	p := portion{}
	l.rows.keep = true
	l.rows.reset()
	defer func() { l.spare = p.data[:0] }()
	for i := range b.Rows() {
		if no, ok := l.row(b, i); !ok {
			if err := l.reject(b, i, no); err != nil {
				return err
			}
			continue
		}
		p.indexes = append(p.indexes, i)
		p.ends = append(p.ends, len(l.rows.buf))
	}
	p.data, l.rows.buf = l.rows.buf, l.spare
	if err := l.bisect(ctx, b, &p, 0, len(p.indexes)); err != nil {
		return err
	}
	l.seen += int64(b.Rows())
	return nil
}

// portion is a batch in COPY form: where each row ends, and which row of the batch it is.
type portion struct {
	data    []byte
	ends    []int
	indexes []int
}

// between returns the bytes of rows from to to, to exclusive.
func (p *portion) between(from, to int) []byte {
	start := frameHead
	if from > 0 {
		start = p.ends[from-1]
	}
	return p.data[start:p.ends[to-1]]
}

func (l *loader) bisect(ctx context.Context, b *change.Batch, p *portion, from, to int) error {
	if from == to {
		return nil
	}
	err := l.copyOnce(ctx, p.between(from, to), to-from)
	if connector.ClassOf(err) != connector.Data {
		return err
	}
	if err := l.w.exec(ctx, "ROLLBACK TO SAVEPOINT whimbrel"); err != nil {
		return l.failed(ctx, err)
	}
	if to-from == 1 {
		return l.refuse(change.Reject{Key: l.key(b, p.indexes[from]), Reason: reasonText(err)})
	}
	middle := (from + to) / 2
	if err := l.bisect(ctx, b, p, from, middle); err != nil {
		return err
	}
	return l.bisect(ctx, b, p, middle, to)
}

// copyOnce runs one COPY under a savepoint.
func (l *loader) copyOnce(ctx context.Context, data []byte, rows int) error {
	if err := l.w.exec(ctx, "SAVEPOINT whimbrel"); err != nil {
		return l.failed(ctx, err)
	}
	if err := l.ensureCopy(); err != nil {
		return l.failed(ctx, err)
	}
	l.rows.refer(data)
	n, err := l.endCopy(ctx)
	if err != nil {
		return err
	}
	if n != int64(rows) {
		return fmt.Errorf("load %s: the server counted %d rows where %d were sent", l.r.Table.Name, n, rows)
	}
	l.count += n
	if err := l.w.exec(ctx, "RELEASE SAVEPOINT whimbrel"); err != nil {
		return l.failed(ctx, err)
	}
	return nil
}

// reasonText is what the server said, without our wrapping.
func reasonText(err error) string {
	if pg := serverErrorIn(err); pg != nil {
		text := pg.Message
		if pg.Detail != "" {
			text += " (" + pg.Detail + ")"
		}
		return text + ", SQLSTATE " + pg.Code
	}
	return err.Error()
}
