package postgres

import (
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

var _ connector.PartitionAlterer = Dialect{}

// OfPartition implements connector.PartitionAlterer.
func (d Dialect) OfPartition() connector.Alterer { return partitions{d} }

// partitions alters columns of a partition where PostgreSQL lets them be altered, at the root, and those of other tables
// where they are. Every partition tells of the change by itself, so that what one has brought about is left out by the
// others.
type partitions struct{ Dialect }

// atRoot makes a statement about a partition one about its root, to be run only if there is, or is not, a column such as
// the condition says.
func atRoot(t catalog.Name, s catalog.Statement, unless bool, column, condition string) catalog.Statement {
	rest, ok := strings.CutPrefix(s.SQL, alterWhole(t))
	if !ok {
		return s
	}
	word := "EXISTS"
	if unless {
		word = "NOT EXISTS"
	}
	body := `DECLARE part pg_catalog.regclass := ` + quoteLiteral(quoteName(t)) + `; BEGIN
 IF ` + word + ` (SELECT FROM pg_catalog.pg_attribute WHERE attrelid = part AND attname = ` + quoteLiteral(column) + ` AND NOT attisdropped` + condition + `) THEN
  EXECUTE pg_catalog.format('ALTER TABLE %s ', coalesce(pg_catalog.pg_partition_root(part), part)) || ` + quoteLiteral(rest) + `;
 END IF;
END`
	return catalog.Statement{SQL: "DO " + quoteLiteral(body), Makes: s.Makes}
}

// AddColumn implements connector.Alterer.
func (p partitions) AddColumn(t catalog.Name, c *catalog.Column) []catalog.Statement {
	return mapped(p.Dialect.AddColumn(t, c), func(s catalog.Statement) catalog.Statement {
		return atRoot(t, s, !strings.Contains(s.SQL, "ALTER COLUMN"), c.Name, "")
	})
}

// DropColumn implements connector.Alterer.
func (p partitions) DropColumn(t catalog.Name, column string) []catalog.Statement {
	return mapped(p.Dialect.DropColumn(t, column), func(s catalog.Statement) catalog.Statement { return atRoot(t, s, false, column, "") })
}

// RenameColumn implements connector.Alterer.
func (p partitions) RenameColumn(t catalog.Name, from, to string) []catalog.Statement {
	return mapped(p.Dialect.RenameColumn(t, from, to), func(s catalog.Statement) catalog.Statement { return atRoot(t, s, false, from, "") })
}

// ChangeType implements connector.Alterer.
func (p partitions) ChangeType(t catalog.Name, c *catalog.Column) []catalog.Statement {
	other := " AND pg_catalog.format_type(atttypid, atttypmod) <> " + quoteLiteral(c.NativeType)
	return mapped(p.Dialect.ChangeType(t, c), func(s catalog.Statement) catalog.Statement { return atRoot(t, s, false, c.Name, other) })
}

func mapped(ss []catalog.Statement, f func(catalog.Statement) catalog.Statement) []catalog.Statement {
	for i, s := range ss {
		ss[i] = f(s)
	}
	return ss
}

// DropNotNull implements connector.Constrainer.
func (p partitions) DropNotNull(t catalog.Name, c *catalog.Column) []catalog.Statement {
	return mapped(p.Dialect.DropNotNull(t, c), func(s catalog.Statement) catalog.Statement { return atRoot(t, s, false, c.Name, " AND attnotnull") })
}
