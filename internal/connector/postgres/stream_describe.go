package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// describe looks up a table as it is now; nil when there is none of the name.
func (s *stream) describe(ctx context.Context, name catalog.Name) (*catalog.Table, error) {
	return s.side.describe(ctx, name)
}

// describe asks over a connection that is kept, since a new one has to read the server's catalog anew, and changes of structure
// come in crowds. One that was kept may be gone by now, which a new one shows.
func (s *side) describe(ctx context.Context, name catalog.Name) (*catalog.Table, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.mu.closed {
		return nil, errStreamOver
	}
	if s.mu.looks != nil {
		t, err := describeOne(ctx, s.mu.looks, name)
		if err == nil || ctx.Err() != nil {
			return t, err
		}
		_ = s.mu.looks.Close(context.WithoutCancel(ctx))
		s.mu.looks = nil
	}
	conn, err := openConn(ctx, s.src.cfg)
	if err != nil {
		return nil, err
	}
	t, err := describeOne(ctx, conn, name)
	if err != nil {
		_ = conn.Close(context.WithoutCancel(ctx))
		return nil, err
	}
	s.mu.looks = conn
	return t, nil
}

func describeOne(ctx context.Context, conn *pgx.Conn, name catalog.Name) (*catalog.Table, error) {
	found, err := describe(ctx, conn, []catalog.Name{name})
	if err != nil {
		return nil, classify(ctx, "describe "+name.String(), err)
	}
	if e := found[name]; e != nil {
		return e.Table, nil
	}
	return nil, nil
}
