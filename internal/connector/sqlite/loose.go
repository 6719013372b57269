package sqlite

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

var _ connector.Typer = (*source)(nil)

// exactIntegers bounds the integers that a double holds one by one.
const exactIntegers = 1 << 53

// TypeByValues implements connector.Typer. It reads every row, of long values no more than what kind they are.
func (s *source) TypeByValues(ctx context.Context, tables []*catalog.Table) error {
	c, err := s.connect()
	if err != nil {
		return err
	}
	defer c.close()
	err = c.during(ctx, func() error {
		if err := c.exec("BEGIN"); err != nil { // one moment for all the tables
			return err
		}
		for _, t := range tables {
			for _, col := range t.Columns {
				if col.Loose == nil || col.Loose.Settled {
					continue
				}
				if err := settle(c, t, col); err != nil {
					return fmt.Errorf("column %s of table %s: %w", col.Name, t.Name, err)
				}
			}
		}
		return nil
	})
	return classify("look at the values of columns without a type in "+s.at.path, err)
}

func settle(c *conn, t *catalog.Table, col *catalog.Column) error {
	holds, err := holdings(c, t, col)
	if err != nil {
		return err
	}
	inexact := int64(0)
	if slices.Contains(holds, catalog.HoldsReals) && slices.Contains(holds, catalog.HoldsIntegers) {
		inexact, err = c.number(fmt.Sprintf("SELECT EXISTS (SELECT 1 FROM %[1]s WHERE typeof(%[2]s) = 'integer' AND %[2]s NOT BETWEEN %[3]d AND %[4]d)",
			quote(t.Name.Name), ident(col.Name), -exactIntegers, exactIntegers))
	}
	col.Settle(holds, inexact != 0)
	return err
}

// holdings finds the kinds of value in a column: it looks for one that is none of those found, until there is none. With one
// kind, which is what most columns hold, that is one look at the whole table.
func holdings(c *conn, t *catalog.Table, col *catalog.Column) ([]catalog.Holding, error) {
	var found []catalog.Holding
	known := []string{"'null'"}
	for len(found) < 4 {
		next := ""
		err := c.query(fmt.Sprintf("SELECT typeof(%[1]s) FROM %[2]s WHERE typeof(%[1]s) NOT IN (%[3]s) LIMIT 1",
			ident(col.Name), quote(t.Name.Name), strings.Join(known, ", ")), func(r *stmt) error {
			next = r.text(0)
			return nil
		})
		if err != nil || next == "" {
			slices.Sort(found)
			return found, err
		}
		found, known = append(found, catalog.Holding(next)), append(known, "'"+next+"'")
	}
	slices.Sort(found)
	return found, nil
}

// decodeColumn is decode for a value of a column, which may be one that holds no other kinds of value than it did when they were
// looked at.
func decodeColumn(s *stmt, i int, col *catalog.Column, l change.Layout, v *change.Vector) (why string) {
	if col.Loose == nil || l == change.Native {
		return decode(s, i, l, v)
	}
	if h := holdingOf(s.class(i)); h != "" && !col.Loose.Takes(h) {
		return fmt.Sprintf("the column declares no type and held no value of type %s (%s) when it was looked at, so that it is read as %s; "+
			"a change-data-type rule has it read as something else", h, listed(col.Loose.Holds), col.Type)
	}
	why = decode(s, i, l, v)
	if why != "" && col.Loose.ReadAs == nil {
		why += " (the column declares no type; a change-data-type rule has it read as something else)"
	}
	return why
}

func holdingOf(class int) catalog.Holding {
	switch class {
	case classInteger:
		return catalog.HoldsIntegers
	case classReal:
		return catalog.HoldsReals
	case classText:
		return catalog.HoldsTexts
	case classBlob:
		return catalog.HoldsBlobs
	}
	return ""
}

func listed(holds []catalog.Holding) string {
	words := make([]string, len(holds))
	for i, h := range holds {
		words[i] = string(h)
	}
	return strings.Join(words, ", ")
}
