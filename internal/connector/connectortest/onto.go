package connectortest

import (
	"database/sql"
	"fmt"
	"testing"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/typemap"
)

// Onto is an engine that is a target alone, and follows the source of a Suite.
type Onto struct {
	Engine   *connector.Engine
	Settings map[string]string
	// Schema is where the tables are.
	Schema string
	// Dump returns the rows of a table as Suite.Dump does of the source's.
	Dump func(t testing.TB, db *sql.DB, table Table) []string
	// Log is for a target that keeps changes and no rows, in the place of Dump: what it has written of tables, in its order.
	Log func(t testing.TB, d Databases, tables []Table) map[string][]Line
}

// RunOnto runs what a Suite asks of a target: any changes, ends at any event, transactions larger than what carries them, and changes of
// structure leave the rows of the source in it. What is asked of a source is left out.
func RunOnto(t *testing.T, s Suite) {
	if s.Transactions == 0 {
		s.Transactions = 300
	}
	t.Run("random transactions", func(t *testing.T) { s.testRandom(t, false) })
	t.Run("restart from the checkpoint", func(t *testing.T) { s.testRestart(t, false) })
	t.Run("large transaction", func(t *testing.T) { s.testLarge(t, false) })
	if len(s.Structure) > 0 {
		t.Run("structure", func(t *testing.T) { s.testStructure(t, false) })
	}
}

// there is what the target makes of a source's table: the same in an engine of its own kind, else columns and primary key.
func (s *Suite) there(table *catalog.Table) *catalog.Table {
	if s.Onto == nil {
		return table
	}
	out := &catalog.Table{Name: catalog.Name{Schema: s.Onto.Schema, Name: table.Name.Name}}
	if table.PrimaryKey != nil {
		out.PrimaryKey = &catalog.Key{Columns: table.PrimaryKey.Columns}
	}
	for _, c := range table.Columns {
		native := typemap.To(s.Onto.Engine.Family, c.Type, typemap.Use{})
		base, kind := typemap.FromNative(s.Onto.Engine.Family, native)
		out.Columns = append(out.Columns, &catalog.Column{Name: c.Name, NativeType: native, BaseType: base, Type: kind, NotNull: c.NotNull})
	}
	return out
}

// typeOf names a type, however it is spelled.
func (s *Suite) typeOf(c *catalog.Column) string {
	if s.Onto == nil {
		return c.NativeType
	}
	return fmt.Sprint(c.BaseType, c.Type)
}

func (s *Suite) dumpTarget(t testing.TB, d Databases, table Table) []string {
	t.Helper()
	if s.Onto == nil {
		return s.Dump(t, d.Target, table)
	}
	return s.Onto.Dump(t, d.Target, table)
}
