package mysql

import (
	"container/list"
	"context"
	"fmt"

	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/connector/mysql/wire"
)

// statementCache keeps the statements used last.
type statementCache struct {
	most  int
	known map[string]*list.Element
	order *list.List // of *cachedStatement, the one used last in front
}

type cachedStatement struct {
	shape string
	*applyStatement
}

func newStatementCache(most int) *statementCache {
	return &statementCache{most: most, known: map[string]*list.Element{}, order: list.New()}
}

func (c *statementCache) get(shape string) *applyStatement {
	e := c.known[shape]
	if e == nil {
		return nil
	}
	c.order.MoveToFront(e)
	return e.Value.(*cachedStatement).applyStatement
}

func (c *statementCache) put(shape string, st *applyStatement) {
	c.known[shape] = c.order.PushFront(&cachedStatement{shape: shape, applyStatement: st})
}

// trim drops the statements used least lately, but those of the last keep.
func (c *statementCache) trim(conn *wire.Conn, keep int) error {
	for c.order.Len() > max(c.most, keep) {
		if err := c.drop(conn, c.order.Back()); err != nil {
			return err
		}
	}
	return nil
}

func (c *statementCache) clear(conn *wire.Conn) error {
	for c.order.Len() > 0 {
		if err := c.drop(conn, c.order.Back()); err != nil {
			return err
		}
	}
	return nil
}

func (c *statementCache) drop(conn *wire.Conn, e *list.Element) error {
	st := c.order.Remove(e).(*cachedStatement)
	delete(c.known, st.shape)
	if st.id == 0 {
		return nil
	}
	return conn.Unprepare(st.id)
}

// statement returns the statement for a set, planned and, where it is executed for many rows at once, prepared. exact
// asks for one that counts the rows that are not there without making them.
func (a *applySession) statement(ctx context.Context, s *connector.RowSet, exact bool) (*applyStatement, error) {
	known, err := a.table(ctx, s.Table.Name)
	if err != nil {
		return nil, err
	}
	shape := shapeOf(s)
	if s.Op == change.Update && !exact && s.Rows.Rows() >= upsertRows {
		st := a.statements.get("upsert " + shape)
		if st == nil {
			if st, err = newApplyStatement(s, known.columns); err != nil {
				return nil, err
			}
		}
		if known.mayUpsert(s, st) && st.mayTryAgain() {
			st.asUpsert(a.flavour)
			return a.keep(ctx, "upsert "+shape, st)
		}
	}
	if st := a.statements.get(shape); st != nil {
		return st, nil
	}
	st, err := newApplyStatement(s, known.columns)
	if err != nil {
		return nil, err
	}
	return a.keep(ctx, shape, st)
}

// upsertRows is the size of a set from which an upsert is worth its savepoint.
const upsertRows = 4

// keep prepares a statement, unless it is, and puts it into the cache.
func (a *applySession) keep(ctx context.Context, shape string, st *applyStatement) (*applyStatement, error) {
	if a.bulk && !st.plain && st.id == 0 {
		err := a.link.guard(ctx, func() (err error) {
			st.id, err = a.link.conn.Prepare(st.text())
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("prepare: %w", a.target.mayNotWrite(ctx, err, a.target.schemaIn(st.text())))
		}
	}
	if a.statements.get(shape) == nil {
		a.statements.put(shape, st)
	}
	return st, nil
}
