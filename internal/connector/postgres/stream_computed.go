package postgres

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
)

// computed is a column that the source computes and its stream does not tell, while the target, which computes it otherwise or not at all, holds its
// values. Nothing but the row's other columns decides over it, so that the server can compute it once more of what the stream tells of them; it is
// asked for every new row.
type computed struct {
	stream *stream
	column string
	to     int // place in the followed table
	sql    string
	from   []int // columns of the stream, which are the parameters
	types  []uint32
	decode decoder
}

// uncomputedError says that a column's value cannot be known.
type uncomputedError struct{ why string }

func (e uncomputedError) Error() string { return e.why }

// computes finds the columns among the missing that the server is asked to compute.
func (s *stream) computes(ctx context.Context, rel *streamed, p *relationPlan) error {
	isComputed := func(i int) bool { return rel.f.f.Columns[i].Column.Generated != "" }
	if !slices.ContainsFunc(p.missing, isComputed) {
		return nil
	}
	missing := p.missing
	p.missing = nil
	for _, i := range missing {
		if !isComputed(i) {
			p.missing = append(p.missing, i)
			continue
		}
		c, err := s.computedOf(ctx, rel, i)
		if err != nil {
			return err
		}
		p.computed = append(p.computed, c)
	}
	return nil
}

func (s *stream) computedOf(ctx context.Context, rel *streamed, to int) (*computed, error) {
	of := rel.f.f.Columns[to]
	column := rel.f.f.Table.Column(of.Column.Name) // whose expression goes along with the names in it
	if column == nil || column.Generated == "" {
		column = of.Column
	}
	a := attribute{name: column.Name, modifier: -1}
	sql := "SELECT t::pg_catalog.oid FROM pg_catalog.to_regtype(" + quoteLiteral(column.NativeType) + ") t WHERE t IS NOT NULL"
	if err := s.side.do(ctx, func(w *wire) error {
		return classify(ctx, "look up type "+column.NativeType, w.query(ctx, sql, func(v [][]byte) error {
			a.oid = number(v[0])
			return nil
		}))
	}); err != nil {
		return nil, err
	}
	known := []attribute{a}
	if err := s.knowTypes(ctx, known); err != nil {
		return nil, err
	}
	in, err := inflowOf(&known[0], of.Layout, false)
	if err != nil {
		return nil, err
	}
	c := &computed{stream: s, column: column.Name, to: to, decode: in.decode}
	var row []string
	for i, r := range rel.columns {
		if !mentions(column.Generated, r.name) {
			continue
		}
		c.from, c.types = append(c.from, i), append(c.types, r.oid)
		row = append(row, fmt.Sprintf("$%d%s AS %s", len(c.from), collated(rel.f.f.Table.Column(r.name)), quote(r.name)))
	}
	c.sql = fmt.Sprintf("SELECT %s FROM (SELECT CAST((%s) AS %s) AS %s FROM (SELECT %s) AS told) AS computed",
		in.expression, column.Generated, column.NativeType, quote(column.Name), strings.Join(row, ", "))
	return c, nil
}

func collated(c *catalog.Column) string {
	if c == nil || c.Collation == "" {
		return ""
	}
	return " COLLATE " + c.Collation
}

// mentions reports whether an expression, as the server prints it, may name a column.
func mentions(expression, column string) bool {
	if strings.Contains(expression, quote(column)) {
		return true
	}
	return regexp.MustCompile(`(^|[^\pL\pN_$"])` + regexp.QuoteMeta(column) + `($|[^\pL\pN_$"])`).MatchString(expression)
}

// append computes the column of a new row. A value that was not sent, because it is large and unchanged, is taken from the old row.
func (c *computed) append(v *change.Vector, t, old *tuple) error {
	kinds, values := make([]byte, len(c.from)), make([][]byte, len(c.from))
	for at, i := range c.from {
		kinds[at], values[at] = t.kinds[i], t.values[i]
		if kinds[at] == 'u' && old != nil && old.full && len(old.kinds) == len(t.kinds) {
			kinds[at], values[at] = old.kinds[i], old.values[i]
		}
		if kinds[at] == 'u' {
			return uncomputedError{fmt.Sprintf("the source computes column %s, the target does not, and of an update the log does not tell the large values that it is computed of "+
				"(before version 18 ALTER TABLE … REPLICA IDENTITY FULL has them told)", c.column)}
		}
	}
	err := c.stream.ask("compute column "+c.column, func(ctx context.Context, w *wire, take func([]byte) error) error {
		return w.compute(ctx, c.sql, c.types, kinds, values, take)
	}, c.decode, v)
	if pg := serverErrorIn(err); pg != nil && !passes(pg.Code) {
		return uncomputedError{fmt.Sprintf("the source computes column %s, the target does not, and the source does not compute it once more: %s", c.column, pg.Message)}
	}
	return err
}

// uncomputable gives a table up, of which a column's value cannot be known.
func (s *stream) uncomputable(rel *streamed, err error) bool {
	var u uncomputedError
	if !errors.As(err, &u) {
		return false
	}
	s.giveUp(rel.f, u.why)
	return true
}
