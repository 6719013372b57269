package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// described is a table as it is now, with those whose partition it is, the nearest first.
type described struct {
	*catalog.Table
	parents []*catalog.Table
}

// describe looks up a table as it is now; a nil one when there is none of the name.
func (s *stream) describe(ctx context.Context, name catalog.Name) (described, error) {
	return s.side.describe(ctx, name)
}

// describeAs looks up a table that had a name at this place of the stream, by its identifier: it may have got another name since, and another
// table its own. There is none when it has gone since. Where the stream tells no identifier (0) the name has to do.
func (s *stream) describeAs(ctx context.Context, id uint32, name catalog.Name) (described, error) {
	if id == 0 {
		return s.describe(ctx, name)
	}
	called, err := s.calledNow(ctx, id, name)
	for err == nil && called != (catalog.Name{}) {
		var t described
		if t, err = s.describe(ctx, called); err != nil {
			return t, err
		}
		was := called
		if called, err = s.calledNow(ctx, id, name); err != nil || called != was || t.Table == nil {
			continue
		}
		then := *t.Table
		then.Name = name
		t.Table = &then
		return t, nil
	}
	return described{}, err
}

// calledNow is the name that a table has by now; none when it is gone.
func (s *stream) calledNow(ctx context.Context, id uint32, then catalog.Name) (now catalog.Name, err error) {
	sql := fmt.Sprintf("SELECT n.nspname, c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = %d AND c.relkind IN ('r', 'p')", id)
	err = s.side.do(ctx, func(w *wire) error {
		return classify(ctx, "look up what "+then.String()+" is called now", w.query(ctx, sql, func(v [][]byte) error {
			now = catalog.Name{Schema: string(v[0]), Name: string(v[1])}
			return nil
		}))
	})
	return now, err
}

// identifierOf is the server's number of a table, 0 where the stream does not tell it.
func (s *stream) identifierOf(rel *streamed) uint32 {
	if s.lines != nil {
		return 0
	}
	return rel.id
}

// describe asks over a connection that is kept, since a new one has to read the server's catalog anew, and changes of structure
// come in crowds. One that was kept may be gone by now, which a new one shows.
func (s *side) describe(ctx context.Context, name catalog.Name) (described, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.mu.closed {
		return described{}, errStreamOver
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
		return described{}, err
	}
	t, err := describeOne(ctx, conn, name)
	if err != nil {
		_ = conn.Close(context.WithoutCancel(ctx))
		return described{}, err
	}
	s.mu.looks = conn
	return t, nil
}

func describeOne(ctx context.Context, conn *pgx.Conn, name catalog.Name) (d described, err error) {
	names, err := ancestors(ctx, conn, name)
	if err != nil {
		return d, classify(ctx, "look up whose partition "+name.String()+" is", err)
	}
	found, err := describe(ctx, conn, append([]catalog.Name{name}, names...))
	if err != nil {
		return d, classify(ctx, "describe "+name.String(), err)
	}
	if e := found[name]; e != nil {
		d.Table = e.Table
	}
	for _, n := range names {
		if e := found[n]; e != nil {
			d.parents = append(d.parents, e.Table)
		}
	}
	return d, nil
}

// ancestors names the tables whose partition a table is, the nearest first.
func ancestors(ctx context.Context, conn *pgx.Conn, name catalog.Name) ([]catalog.Name, error) {
	rows, err := conn.Query(ctx, `SELECT n.nspname, c.relname FROM pg_catalog.pg_partition_ancestors(pg_catalog.to_regclass($1)) WITH ORDINALITY a (relid, at)
 JOIN pg_catalog.pg_class c ON c.oid = a.relid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE a.at > 1 ORDER BY a.at`, quoteName(name))
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[catalog.Name])
}
