package postgres

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// makeLoopback makes the table by which the task of the opposite direction marks its transactions, unless it is there: it
// must be published before the first of them.
func (s *source) makeLoopback(ctx context.Context, w *wire, name catalog.Name) error {
	if name == (catalog.Name{}) {
		return nil
	}
	there, err := present(ctx, w, []catalog.Name{name})
	if err != nil || len(there) > 0 {
		return err
	}
	sql := "SET client_min_messages = error; CREATE SCHEMA IF NOT EXISTS " + quote(name.Schema) + "; CREATE TABLE IF NOT EXISTS " + quoteName(name) +
		" (task_name varchar(128) NOT NULL PRIMARY KEY, mark bigint)"
	return withRemedy(classify(ctx, "make the table "+name.String(), w.exec(ctx, sql)), "let an administrator run: "+sql)
}

// echo leaves out the transaction at hand, which is marked as having come from elsewhere.
func (s *stream) echo() {
	s.echoed, s.touched = true, false
	if s.group != nil {
		s.group.Truncate(s.from)
	}
}
