package postgres

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// constraintsSQL asks which columns of a table may not be null, and which are its primary key, as it is now.
const constraintsSQL = `SELECT a.attnum, a.attname, a.attnotnull, coalesce(a.attnum = ANY ((i.indkey::pg_catalog.int2[])[0:i.indnkeyatts - 1]), false), coalesce(NOT i.indimmediate, false)
 FROM pg_catalog.pg_attribute a LEFT JOIN pg_catalog.pg_index i ON i.indrelid = a.attrelid AND i.indisprimary
 WHERE a.attrelid = %s AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`

// constraints is what they are of the columns of a followed table.
type constraints struct {
	nullable []string
	key      []string
	deferred bool
	// whole says that the table was found, and that all columns of its key are followed.
	whole bool
}

func (s *stream) constraintsOf(ctx context.Context, rel *streamed) (now constraints, err error) {
	t, of := rel.f.f.Table, fmt.Sprint(s.identifierOf(rel))
	if of == "0" {
		of = "pg_catalog.to_regclass(" + quoteLiteral(quoteName(rel.name)) + ")"
	}
	now = constraints{}
	lost := false
	err = s.side.do(ctx, func(w *wire) error {
		now, lost = constraints{}, false
		return classify(ctx, "look up the constraints of "+rel.name.String(), w.query(ctx, fmt.Sprintf(constraintsSQL, of), func(v [][]byte) error {
			c := t.NumberedColumn(signed(v[0]))
			if c == nil {
				c = t.Column(string(v[1]))
			}
			inKey := string(v[3]) == "t"
			now.whole, lost, now.deferred = true, lost || inKey && c == nil, string(v[4]) == "t"
			if c != nil && string(v[2]) == "f" {
				now.nullable = append(now.nullable, c.Name)
			}
			if c != nil && inKey {
				now.key = append(now.key, c.Name)
			}
			return nil
		}))
	})
	now.whole = now.whole && !lost
	return now, err
}

// constrained tells of a table whose columns are the followed ones that some of them may be null by now, and of another primary key. The log
// has neither. To let a column be null before it comes to that does no harm. Which primary key rows are told by is seen where the replica
// identity is the default one, since that is what the server sends of them; else nothing tells from which row on it is another.
func (s *stream) constrained(ctx context.Context, rel *streamed) error {
	t := rel.f.f.Table
	now, err := s.constraintsOf(ctx, rel)
	if err != nil || !now.whole {
		return err
	}
	after, news := *t, false
	after.Columns = slices.Clone(t.Columns)
	for i, c := range t.Columns {
		if c.NotNull && slices.Contains(now.nullable, c.Name) {
			loose := *c
			loose.NotNull, loose.NotNullAs = false, ""
			after.Columns[i], news = &loose, true
		}
	}
	if was := keyNames(t); !sameNames(was, now.key) {
		key := rel.identified()
		switch {
		case rel.identity == 'd' && !now.deferred && !deferred(t) && !rel.hides(was):
			if sameNames(was, key) {
				break // not yet
			}
			news, after.PrimaryKey = true, nil
			if len(key) > 0 {
				after.PrimaryKey = &catalog.Key{Columns: key}
			}
		case len(was) > 0:
			s.giveUp(rel.f, fmt.Sprintf("its primary key has changed from (%s) to (%s), and its REPLICA IDENTITY, which is not the default one, does not tell from which row on; "+
				"the target needs TargetTablePrepMode DROP_AND_CREATE", strings.Join(was, ", "), strings.Join(now.key, ", ")))
			return nil
		}
	}
	if news {
		rel.settled = false
		s.announce(&connector.Structure{Kind: connector.Altered, Number: rel.f.f.Number, Table: &after})
	}
	return nil
}

// identified are the columns that tell rows where the replica identity is the primary key.
func (rel *streamed) identified() (names []string) {
	for _, c := range rel.columns {
		if rel.identity == 'd' && c.key {
			names = append(names, c.name)
		}
	}
	return names
}

// hides reports whether one of the columns is not sent.
func (rel *streamed) hides(names []string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return rel.find(n) < 0 })
}

func keyNames(t *catalog.Table) []string {
	if t.PrimaryKey == nil {
		return nil
	}
	return t.PrimaryKey.Columns
}

func deferred(t *catalog.Table) bool { return t.PrimaryKey != nil && t.PrimaryKey.Deferrable }

func sameNames(a, b []string) bool {
	return len(a) == len(b) && !slices.ContainsFunc(a, func(n string) bool { return !slices.Contains(b, n) })
}
