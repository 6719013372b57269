package s3

import (
	"context"
	"strconv"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector/s3/rowfile"
	"github.com/whimbreldb/whimbrel/internal/datatype"
)

// glueTable is the part of a Glue TableInput that tells a reader how to read the files (AWS Glue API reference, "TableInput").
type glueTable struct {
	Name              string
	TableType         string
	Parameters        map[string]string
	StorageDescriptor glueStorage
}

type glueStorage struct {
	Columns                   []glueColumn
	Location                  string
	InputFormat, OutputFormat string
	Compressed                bool
	SerdeInfo                 glueSerde
}

type glueColumn struct{ Name, Type string }

type glueSerde struct {
	SerializationLibrary string
	Parameters           map[string]string
}

// describeForGlue writes what a Glue catalogue would be told of a table: there is no Glue here, but the file is what
// aws glue create-table takes as its --table-input.
func (t *target) describeForGlue(ctx context.Context, table *catalog.Table) error {
	g := glueTable{
		Name: strings.ToLower(table.Name.Name), TableType: "EXTERNAL_TABLE", Parameters: map[string]string{"EXTERNAL": "TRUE", "classification": strings.Trim(t.settings.format.Extension(), ".")},
		StorageDescriptor: glueStorage{Location: t.store.Location() + "/" + folder(table.Name), Compressed: t.settings.gzipCSV},
	}
	d := &g.StorageDescriptor
	d.InputFormat, d.OutputFormat = "org.apache.hadoop.mapred.TextInputFormat", "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"
	d.SerdeInfo = glueSerde{"org.apache.hadoop.hive.serde2.OpenCSVSerde", nil}
	if csv, ok := t.settings.format.(rowfile.CSV); ok {
		d.SerdeInfo.Parameters = map[string]string{"separatorChar": csv.Delimiter, "quoteChar": `"`}
		if csv.Header {
			g.Parameters["skip.header.line.count"] = "1"
		}
	} else {
		d.InputFormat, d.OutputFormat = "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat", "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat"
		d.SerdeInfo = glueSerde{"org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe", map[string]string{"serialization.format": "1"}}
	}
	d.Columns = append(d.Columns, glueColumn{"op", "string"})
	if t.settings.stamp != "" {
		d.Columns = append(d.Columns, glueColumn{strings.ToLower(t.settings.stamp), "string"})
	}
	for _, c := range table.Columns {
		d.Columns = append(d.Columns, glueColumn{strings.ToLower(c.Name), glueType(c.Type)})
	}
	return putJSON(ctx, t.store, control+"glue/"+strings.TrimSuffix(folder(table.Name), "/")+".json", g)
}

func glueType(t datatype.Type) string {
	switch t.Kind {
	case datatype.Boolean:
		return "boolean"
	case datatype.Int1:
		return "tinyint"
	case datatype.Int2, datatype.UInt1:
		return "smallint"
	case datatype.Int4, datatype.UInt2:
		return "int"
	case datatype.Int8, datatype.UInt4:
		return "bigint"
	case datatype.UInt8:
		return "decimal(20,0)"
	case datatype.Real4:
		return "float"
	case datatype.Real8:
		return "double"
	case datatype.Date:
		return "date"
	case datatype.DateTime:
		return "timestamp"
	case datatype.Bytes, datatype.Blob:
		return "binary"
	case datatype.Numeric:
		if t.Precision > 0 && t.Precision <= 38 && t.Scale >= 0 && t.Scale <= t.Precision {
			return "decimal(" + strconv.Itoa(t.Precision) + "," + strconv.Itoa(t.Scale) + ")"
		}
		return "string"
	default:
		return "string"
	}
}
