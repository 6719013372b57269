package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/whimbreldb/whimbrel/internal/connector"
)

var (
	_ connector.Asker = (*source)(nil)
	_ connector.Asker = (*target)(nil)
)

// Ask implements connector.Asker.
func (s *source) Ask(ctx context.Context, query string) ([][]string, error) {
	conn, err := openConn(ctx, s.cfg)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	rows, err := ask(ctx, conn, query)
	return rows, classify(ctx, "ask "+s.Identity(), err)
}

// Ask implements connector.Asker.
func (t *target) Ask(ctx context.Context, query string) (rows [][]string, err error) {
	err = t.atDesk(ctx, "ask "+t.Identity(), func(c *pgx.Conn) error {
		rows, err = ask(ctx, c, query)
		return err
	})
	return rows, err
}

// ask uses the simple protocol, whose values are texts.
func ask(ctx context.Context, c *pgx.Conn, query string) (all [][]string, err error) {
	results := c.PgConn().Exec(ctx, query)
	for results.NextResult() {
		reader := results.ResultReader()
		for reader.NextRow() {
			row := make([]string, len(reader.Values()))
			for i, v := range reader.Values() {
				row[i] = string(v)
			}
			all = append(all, row)
		}
		if _, err := reader.Close(); err != nil {
			_ = results.Close()
			return nil, err
		}
	}
	return all, results.Close()
}
