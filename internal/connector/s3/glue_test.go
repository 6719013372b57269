package s3

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/datatype"
)

// TestTableInputForGlue: a table that is made is described as a Glue catalogue would want it.
func TestTableInputForGlue(t *testing.T) {
	dir := t.TempDir()
	target, err := openTarget(t.Context(), connector.Config{
		URL: "file://" + dir, Settings: map[string]string{"GlueCatalogGeneration": "true", "IncludeOpForFullLoad": "true", "TimestampColumnName": "At", "CsvDelimiter": "|"},
	})
	require.NoError(t, err)
	table := &catalog.Table{Name: catalog.Name{Schema: "shop", Name: "Item"}, Columns: []*catalog.Column{
		typed("Id", datatype.Type{Kind: datatype.Int8}, true), typed("price", datatype.Type{Kind: datatype.Numeric, Precision: 12, Scale: 2}, false), typed("name", datatype.Type{Kind: datatype.WString, Length: 40}, false),
	}, PrimaryKey: &catalog.Key{Columns: []string{"Id"}}}
	require.NoError(t, target.Exec(t.Context(), Dialect{}.Script(table, false).Create))
	text, err := os.ReadFile(filepath.Join(dir, "_awsdms_control/glue/shop/Item.json"))
	require.NoError(t, err)
	var g glueTable
	require.NoError(t, json.Unmarshal(text, &g))
	require.Equal(t, "item", g.Name)
	require.Equal(t, "file://"+dir+"/shop/Item/", g.StorageDescriptor.Location)
	require.Equal(t, "|", g.StorageDescriptor.SerdeInfo.Parameters["separatorChar"])
	require.Equal(t, []glueColumn{{"op", "string"}, {"at", "string"}, {"id", "bigint"}, {"price", "string"}, {"name", "string"}}, g.StorageDescriptor.Columns)
	require.Contains(t, string(text), `"PartitionKeys":[]`, "Athena wants to be told that there are none")
	_, err = readSettings(map[string]string{"GlueCatalogGeneration": "true"})
	require.ErrorContains(t, err, "IncludeOpForFullLoad")
}
