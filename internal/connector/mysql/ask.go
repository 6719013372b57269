package mysql

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/whimbreldb/whimbrel/internal/connector"
)

var (
	_ connector.Asker = (*source)(nil)
	_ connector.Asker = (*target)(nil)
)

// Ask implements connector.Asker.
func (s *source) Ask(ctx context.Context, query string) ([][]string, error) {
	return s.host.ask(ctx, query)
}

// Ask implements connector.Asker.
func (t *target) Ask(ctx context.Context, query string) ([][]string, error) {
	return t.host.ask(ctx, query)
}

func (s *host) ask(ctx context.Context, query string) (_ [][]string, err error) {
	rows, err := s.control.QueryContext(ctx, query)
	if err != nil {
		return nil, classify(ctx, fmt.Errorf("ask the server: %w", err))
	}
	defer func() { _ = rows.Close() }()
	columns, err := rows.Columns()
	if err != nil {
		return nil, classify(ctx, fmt.Errorf("ask the server: %w", err))
	}
	var all [][]string
	values, places := make([]sql.NullString, len(columns)), make([]any, len(columns))
	for i := range values {
		places[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(places...); err != nil {
			return nil, fmt.Errorf("read the server's answer: %w", err)
		}
		row := make([]string, len(values))
		for i, v := range values {
			row[i] = v.String
		}
		all = append(all, row)
	}
	return all, classify(ctx, rows.Err())
}
