package mysql

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// spec says which rows of a table a segment holds. As JSON it is a Segment's Spec; the empty text means all rows.
type spec struct {
	Partition string   `json:"partition,omitempty"`
	Columns   []string `json:"columns,omitempty"`
	// From are bounds that the rows are at or after, every one of them; To is the bound they are before. Rows with a
	// null where the comparison needs a value belong to the first segment whose To does not rule them out. Values of
	// binary columns are 0x and hexadecimal digits.
	From [][]string `json:"from,omitempty"`
	To   []string   `json:"to,omitempty"`
}

func (s spec) text() string {
	if s.Partition == "" && len(s.Columns) == 0 {
		return ""
	}
	// Strings and lists of strings always marshal.
	b, _ := json.Marshal(s)
	return string(b)
}

func parseSpec(text string) (spec, error) {
	var s spec
	if text == "" {
		return s, nil
	}
	d := json.NewDecoder(bytes.NewReader([]byte(text)))
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil {
		return s, invalid(fmt.Errorf("read the segment %q: %w", text, err), "")
	}
	return s, nil
}

// conditions writes the spec's bounds.
func (s spec) conditions(t *catalog.Table) ([]string, error) {
	if len(s.Columns) == 0 {
		return nil, nil
	}
	var out []string
	for _, from := range s.From {
		b, _, err := s.bound(t, from)
		if err != nil {
			return nil, err
		}
		out = append(out, b.atLeast())
	}
	if s.To == nil {
		return out, nil
	}
	b, nullable, err := s.bound(t, s.To)
	if err != nil {
		return nil, err
	}
	if nulls := b.unknown(nullable); nulls != "" {
		return append(out, "("+b.below()+" OR "+nulls+")"), nil
	}
	return append(out, b.below()), nil
}

func (s spec) bound(t *catalog.Table, values []string) (b bound, nullable []bool, err error) {
	if len(values) != len(s.Columns) {
		return b, nil, invalid(fmt.Errorf("table %s: a boundary has %d values for %d columns", t.Name, len(values), len(s.Columns)), "")
	}
	for i, name := range s.Columns {
		c := t.Column(name)
		if c == nil {
			return b, nil, invalid(fmt.Errorf("table %s has no column %s", t.Name, name), "")
		}
		l, err := valueLiteral(c, values[i])
		if err != nil {
			return b, nil, err
		}
		b.columns, b.values = append(b.columns, quoteIdent(name)), append(b.values, l)
		nullable = append(nullable, !c.NotNull)
	}
	return b, nullable, nil
}

// selectRows writes the statement that reads a segment.
func (s *host) selectRows(r connector.ReadRequest) (string, error) {
	of, err := parseSpec(r.Segment.Spec)
	if err != nil {
		return "", err
	}
	where, err := of.conditions(r.Table)
	if err != nil {
		return "", err
	}
	for _, p := range r.Where {
		w, err := predicate(r.Table, p)
		if err != nil {
			return "", err
		}
		where = append(where, w)
	}
	if r.Part != nil {
		where = append(where, partConditions(*r.Part)...)
	}
	var q strings.Builder
	q.WriteString("SELECT ")
	for i, c := range r.Columns {
		if i > 0 {
			q.WriteString(", ")
		}
		if c.Expression != "" {
			q.WriteString("CAST((" + c.In(quoteIdent(c.Column.Name)) + ") AS CHAR CHARACTER SET utf8mb4)")
			continue
		}
		q.WriteString(readExpression(c.Column))
	}
	q.WriteString(from(r.Table, of, readsHistory(r)))
	if len(where) > 0 {
		q.WriteString(" WHERE " + strings.Join(where, " AND "))
	}
	if key := keyOf(r.Table); key != nil && inKeyOrder(r.Table, of, key) {
		q.WriteString(" ORDER BY " + quoteIdents(key.columns))
	}
	return q.String(), nil
}

// readExpression is what to select for a column. FLOAT is printed with six digits unless it is made a DOUBLE.
func readExpression(c *catalog.Column) string {
	if c.BaseType == "float" {
		return quoteIdent(c.Name) + "+0e0"
	}
	return quoteIdent(c.Name)
}

// from writes the table, the partition and, where rows are wanted in key order, the index to use.
func from(t *catalog.Table, s spec, history bool) string {
	f := " FROM " + quoteTable(t.Name)
	if s.Partition != "" {
		f += " PARTITION (" + quoteIdent(s.Partition) + ")"
	}
	if history {
		f += " FOR SYSTEM_TIME ALL"
	}
	if key := keyOf(t); key != nil && inKeyOrder(t, s, key) {
		f += " FORCE INDEX (" + quoteIdent(key.index) + ")"
	}
	return f
}

// inKeyOrder reports whether a segment is read along the key, so that the target's rows are appended in order. Only
// InnoDB keeps its rows in that order; elsewhere it would mean a seek for each row.
func inKeyOrder(t *catalog.Table, s spec, key *tableKey) bool {
	if o := strings.ToLower(t.Native["options"]); strings.Contains(o, "engine=") && !strings.Contains(o, "engine=innodb") {
		return false
	}
	if len(t.Partitions) > 0 && s.Partition == "" {
		return false
	}
	return len(s.Columns) == 0 || len(s.Columns) <= len(key.columns) && slices.Equal(s.Columns, key.columns[:len(s.Columns)])
}

// tableKey is the key that rows are found and ordered by.
type tableKey struct {
	index   string
	columns []string
}

// keyOf returns the primary key, or else a unique one without nulls and prefixes; nil when there is none.
func keyOf(t *catalog.Table) *tableKey {
	if t.PrimaryKey != nil {
		return &tableKey{index: "PRIMARY", columns: t.PrimaryKey.Columns}
	}
	for _, u := range t.Uniques {
		if u.Name != "" && allNotNull(t, u.Columns) {
			return &tableKey{index: u.Name, columns: u.Columns}
		}
	}
	for _, i := range t.Indexes {
		if !i.Unique || i.Method != "" && !strings.EqualFold(i.Method, "btree") {
			continue
		}
		if columns := plainColumns(i); columns != nil && allNotNull(t, columns) {
			return &tableKey{index: i.Name, columns: columns}
		}
	}
	return nil
}

func plainColumns(i *catalog.Index) []string {
	var columns []string
	for _, p := range i.Parts {
		if p.Column == "" || p.Length > 0 || p.Descending {
			return nil
		}
		columns = append(columns, p.Column)
	}
	return columns
}

func allNotNull(t *catalog.Table, names []string) bool {
	for _, n := range names {
		if c := t.Column(n); c == nil || !c.NotNull {
			return false
		}
	}
	return true
}
