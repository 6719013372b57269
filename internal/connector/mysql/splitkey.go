package mysql

import (
	"context"
	"fmt"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// cutter cuts the rows of a table or partition into ranges of its key. It asks the server only what an index answers
// at once: the first key after a value, and the optimizer's estimate of the rows between two.
type cutter struct {
	snap    *snapshot
	table   *catalog.Table
	part    piece
	columns []*catalog.Column // the part of the key that can be cut
	index   string
	want    int64 // rows of a segment
	cuts    [][]string
	rows    []int64 // rows[i] is the estimate before cuts[i]; the last is what follows the last cut
}

// mostCuts bounds the cuts of one table or partition.
const mostCuts = 20000

// cutByKey cuts a part that is larger than a segment.
func (s *snapshot) cutByKey(ctx context.Context, t *catalog.Table, p piece, o connector.SplitOptions) ([]piece, error) {
	if o.SegmentBytes <= 0 || p.bytes <= o.SegmentBytes || p.rows < 2 {
		return []piece{p}, nil
	}
	key := keyOf(t)
	if key == nil {
		return []piece{p}, nil
	}
	c := &cutter{snap: s, table: t, part: p, index: key.index, want: max(p.rows*o.SegmentBytes/p.bytes, 1)}
	for _, name := range key.columns {
		column := t.Column(name)
		if column == nil || !canCut(column.BaseType) {
			break
		}
		c.columns = append(c.columns, column)
	}
	if len(c.columns) == 0 {
		return []piece{p}, nil
	}
	if err := c.run(ctx); err != nil {
		return nil, err
	}
	return c.parts(), nil
}

// canCut reports whether the order of an index on such a column is the order of comparisons with literals. An ENUM
// is ordered by number and compared by name, and a FLOAT is not equal to what it prints.
func canCut(base string) bool {
	switch base {
	case "decimal", "date", "datetime", "timestamp", "time", "char", "varchar", "binary", "varbinary", "uuid":
		return true
	}
	return isInteger(base)
}

func (c *cutter) run(ctx context.Context) error {
	low, err := c.edge(ctx, "ASC")
	if err != nil || low == nil {
		return err
	}
	high, err := c.edge(ctx, "DESC")
	if err != nil || high == nil {
		return err
	}
	rows, err := c.halve(ctx, low, high, c.part.rows, 0)
	c.rows = append(c.rows, rows)
	return err
}

// halve cuts between two keys while more rows lie between them than half a segment, and returns the estimate of the
// rows after the last cut it made.
func (c *cutter) halve(ctx context.Context, low, high []string, rows int64, depth int) (int64, error) {
	if rows <= c.want/2+1 || depth > 64 || len(c.cuts) >= mostCuts {
		return rows, nil
	}
	k, err := c.between(ctx, low, high, rows)
	if err != nil || k == nil {
		return rows, err
	}
	// The optimizer stops counting at half a large table; the parent's figure is the better one then.
	left, right := share(k.left, k.right, rows)
	tail, err := c.halve(ctx, low, k.key, left, depth+1)
	if err != nil {
		return 0, err
	}
	c.cuts, c.rows = append(c.cuts, k.key), append(c.rows, tail)
	return c.halve(ctx, k.key, high, right, depth+1)
}

// share spreads what is known of the whole over two estimates.
func share(left, right, whole int64) (int64, int64) {
	sum := left + right
	if sum <= 0 {
		return whole / 2, whole - whole/2
	}
	l := int64(float64(whole) * float64(left) / float64(sum))
	return l, whole - l
}

// parts joins neighbouring ranges up to the size of a segment.
func (c *cutter) parts() []piece {
	names := make([]string, len(c.columns))
	for i, column := range c.columns {
		names[i] = column.Name
	}
	perRow := float64(c.part.bytes) / float64(c.part.rows)
	var out []piece
	var from [][]string
	var rows int64
	add := func(to []string) {
		sp := spec{Partition: c.part.spec.Partition}
		if from != nil || to != nil {
			sp.Columns, sp.From, sp.To = names, from, to
		}
		out = append(out, piece{spec: sp, rows: rows, bytes: int64(float64(rows) * perRow)})
	}
	for i, cut := range c.cuts {
		rows += c.rows[i]
		if rows+c.rows[i+1] <= c.want {
			continue
		}
		add(cut)
		from, rows = [][]string{cut}, 0
	}
	rows += c.rows[len(c.rows)-1]
	add(nil)
	return out
}

func (c *cutter) names() string {
	names := make([]string, len(c.columns))
	for i, column := range c.columns {
		names[i] = quoteIdent(column.Name)
	}
	return strings.Join(names, ", ")
}

// source is the FROM clause with the key's index.
func (c *cutter) source() string {
	f := " FROM " + quoteTable(c.table.Name)
	if c.part.spec.Partition != "" {
		f += " PARTITION (" + quoteIdent(c.part.spec.Partition) + ")"
	}
	return f + " FORCE INDEX (" + quoteIdent(c.index) + ")"
}

// edge is the first or the last key; nil when there are no rows.
func (c *cutter) edge(ctx context.Context, direction string) ([]string, error) {
	return c.key(ctx, "", strings.ReplaceAll(c.names(), ", ", " "+direction+", ")+" "+direction, 0)
}

// key reads one key.
func (c *cutter) key(ctx context.Context, where, order string, offset int64) ([]string, error) {
	q := "SELECT " + c.keyExpressions() + c.source() + where + " ORDER BY " + order + " LIMIT 1"
	if offset > 0 {
		q += fmt.Sprintf(" OFFSET %d", offset)
	}
	rows, err := c.snap.host.control.QueryContext(ctx, q)
	if err != nil {
		return nil, classify(ctx, c.snap.host.mayNotRead(ctx, fmt.Errorf("look for a key: %w", err), c.table.Name))
	}
	defer func() { _ = rows.Close() }()
	if !rows.Next() {
		return nil, classify(ctx, rows.Err())
	}
	values := make([]string, len(c.columns))
	into := make([]any, len(values))
	for i := range values {
		into[i] = &values[i]
	}
	if err := rows.Scan(into...); err != nil {
		return nil, classify(ctx, fmt.Errorf("look for a key: %w", err))
	}
	return values, nil
}

// keyExpressions are the key's values as a spec holds them.
func (c *cutter) keyExpressions() string {
	var out []string
	for _, column := range c.columns {
		name := quoteIdent(column.Name)
		if isBinary(column.BaseType) {
			name = "CONCAT('0x', HEX(" + name + "))"
		}
		out = append(out, name)
	}
	return strings.Join(out, ", ")
}

// span is the condition on keys from low on and before high.
func (c *cutter) span(low, high []string) (string, error) {
	sp := spec{From: [][]string{low}, To: high}
	for _, column := range c.columns {
		sp.Columns = append(sp.Columns, column.Name)
	}
	conditions, err := sp.conditions(c.table)
	return " WHERE " + strings.Join(conditions, " AND "), err
}

// estimate asks the optimizer how many rows lie from low on and before high.
func (c *cutter) estimate(ctx context.Context, low, high []string) (int64, error) {
	where, err := c.span(low, high)
	if err != nil {
		return 0, err
	}
	rows, err := c.snap.host.control.QueryContext(ctx, c.snap.host.explain()+" SELECT 1"+c.source()+where)
	if err != nil {
		return 0, classify(ctx, c.snap.host.mayNotRead(ctx, fmt.Errorf("estimate the rows of a range: %w", err), c.table.Name))
	}
	defer func() { _ = rows.Close() }()
	names, err := rows.Columns()
	if err != nil {
		return 0, classify(ctx, err)
	}
	var count *int64
	into := make([]any, len(names))
	for i, n := range names {
		into[i] = new(any)
		if strings.EqualFold(n, "rows") {
			into[i] = &count
		}
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return 0, classify(ctx, fmt.Errorf("estimate the rows of a range: %w", err))
		}
	}
	if err := rows.Err(); err != nil || count == nil {
		return 0, classify(ctx, err)
	}
	return *count, nil
}

// explain asks for the tabular form, which MySQL's explain_format may have replaced.
func (s *host) explain() string {
	if s.mariadb {
		return "EXPLAIN"
	}
	return "EXPLAIN FORMAT=TRADITIONAL"
}
