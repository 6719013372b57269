package mysql

import (
	"context"
	"errors"
	"regexp"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// insertCarefully sends rows from to below end, and when the server refuses them sends the halves, down to the rows
// that are refused alone. Those are rejected.
func (l *insertLoader) insertCarefully(ctx context.Context, from, end int) error {
	if _, err := l.link.exec(ctx, "SAVEPOINT whimbrel"); err != nil {
		return err
	}
	refused := l.insert(ctx, from, end)
	if refused == nil {
		_, err := l.link.exec(ctx, "RELEASE SAVEPOINT whimbrel")
		return err
	}
	if connector.ClassOf(refused) != connector.Data {
		return refused
	}
	if _, err := l.link.exec(ctx, "ROLLBACK TO SAVEPOINT whimbrel"); err != nil {
		return err
	}
	if end-from == 1 {
		return l.request.Reject(l.explain(refused, l.keys[from]))
	}
	middle := from + (end-from)/2
	if err := l.insertCarefully(ctx, from, middle); err != nil {
		return err
	}
	return l.insertCarefully(ctx, middle, end)
}

// namedColumn finds the column in messages such as "Data too long for column 'name' at row 1".
var namedColumn = regexp.MustCompile("(?i)column:? [`'](?:[^`']*`\\.`)*([^`']+)[`']")

// rowNumber is of no use to the reader of a message about one row.
var rowNumber = regexp.MustCompile(` at row \d+`)

// explain turns the server's refusal of one row into a reject.
func (l *insertLoader) explain(refused error, key string) change.Reject {
	var e *connector.Error
	reason := refused.Error()
	if errors.As(refused, &e) {
		reason = e.Err.Error()
	}
	r := change.Reject{Fault: change.DataFault, Key: key, Reason: cut(rowNumber.ReplaceAllString(reason, ""))}
	if m := namedColumn.FindStringSubmatch(reason); m != nil {
		r.Column = m[1]
	}
	if strings.HasPrefix(reason, "1406") || strings.HasPrefix(reason, "1265") {
		r.Fault = change.TruncationFault
	}
	return r
}

// cut bounds a message that quotes a value.
func cut(s string) string {
	const most = 400
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
