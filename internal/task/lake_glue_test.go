package task_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// glueOfDuckDB are the types that a catalogue gives columns which DuckDB reads as these.
var glueOfDuckDB = map[string]string{
	"BOOLEAN": "boolean", "TINYINT": "tinyint", "SMALLINT": "smallint", "UTINYINT": "smallint", "INTEGER": "int", "USMALLINT": "int", "BIGINT": "bigint", "UINTEGER": "bigint", "UBIGINT": "bigint",
	"FLOAT": "float", "DOUBLE": "double", "DATE": "date", "TIME": "bigint", "TIMESTAMP": "timestamp", "TIMESTAMP WITH TIME ZONE": "timestamp", "BLOB": "binary", "VARCHAR": "string",
	"DECIMAL(12,3)": "decimal(12,3)", "DECIMAL(30,5)": "decimal(30,5)", "DECIMAL(20,4)": "decimal(20,4)",
}

// glued are the columns of a table as the description for a catalogue has them, by name; nil when there is none.
func (l lake) glued(t *testing.T, schema, table string) map[string]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(l.Dir, "dms/_awsdms_control/glue", schema, table+".json"))
	if os.IsNotExist(err) {
		return nil
	}
	require.NoError(t, err)
	var g struct {
		StorageDescriptor struct{ Columns []struct{ Name, Type string } }
	}
	require.NoError(t, json.Unmarshal(text, &g))
	columns := map[string]string{}
	for _, c := range g.StorageDescriptor.Columns {
		columns[c.Name] = c.Type
	}
	return columns
}

// asFiled are the columns that a table's files have by what DuckDB reads in them.
func (l lake) asFiled(t *testing.T, schema, table string) map[string]string {
	t.Helper()
	files := filepath.Join(l.Dir, "dms", schema, table, "**/*.parquet")
	columns := map[string]string{}
	for _, row := range servertest.DuckDB(t, fmt.Sprintf("SELECT column_name || '=' || column_type FROM (DESCRIBE SELECT * FROM read_parquet('%s', union_by_name=true))", files)) {
		name, of, _ := strings.Cut(row, "=")
		require.Contains(t, glueOfDuckDB, of, name)
		columns[name] = glueOfDuckDB[of]
	}
	if of, has := columns["Op"]; has {
		delete(columns, "Op")
		columns["op"] = of
	}
	return columns
}

// TestLakeGlueSaysWhatTheFilesHold: what a catalogue is told of a table's columns is what another reader finds in its files, and it is
// told anew when they change.
func TestLakeGlueSaysWhatTheFilesHold(t *testing.T) {
	for name, more := range map[string][]string{
		"all":     {"TimestampColumnName", "moved_at", "DatePartitionEnabled", "true"},
		"inserts": {"CdcInsertsOnly", "true"}, // whose files have no Op
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			source, l := newEnd(t, "postgresql-15"), newLake(t)
			set := lakeWith(append(more, "DataFormat", "parquet", "GlueCatalogGeneration", "true")...)
			source.exec(t, allTypes, allValues, "CREATE TABLE gone (id int PRIMARY KEY)")
			load(t, source, l.end, set)
			require.NotNil(t, l.glued(t, "public", "gone"))
			source.exec(t, "INSERT INTO every (id) VALUES (4)", "DROP TABLE gone")
			catchUp(t, source, l.end, set)
			require.Equal(t, l.asFiled(t, "public", "every"), l.glued(t, "public", "every"))
			require.Nil(t, l.glued(t, "public", "gone"), "a table that was dropped is told of")
			source.exec(t, "ALTER TABLE every ADD COLUMN more int", "ALTER TABLE every RENAME TO each", "INSERT INTO each (id, more) VALUES (5, 5)")
			catchUp(t, source, l.end, set)
			require.Equal(t, l.asFiled(t, "public", "each"), l.glued(t, "public", "each"))
			require.Contains(t, l.glued(t, "public", "each"), "more")
			require.Nil(t, l.glued(t, "public", "every"), "a table is told of by the name that it had")
			source.exec(t, "DROP TABLE each")
			catchUp(t, source, l.end, set)
			require.Nil(t, l.glued(t, "public", "each"))
		})
	}
	source, l := newEnd(t, "mariadb"), newLake(t)
	source.exec(t, oddMySQL, oddRows(1))
	l.load(t, source, lakeWith("DataFormat", "parquet", "GlueCatalogGeneration", "true", "CdcInsertsOnly", "true"))
	require.Equal(t, l.asFiled(t, source.database(), "odd"), l.glued(t, source.database(), "odd"))
}
