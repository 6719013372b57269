package s3

import (
	"context"
	"slices"
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
	// PartitionKeys are none, which has to be said. The folders of DatePartitionEnabled are no partitions of Hive's, which are named
	// KEY=VALUE, and the files of a full load lie above them: who reads the table reads the folders in its folder.
	PartitionKeys []glueColumn
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
		Name: strings.ToLower(table.Name.Name), PartitionKeys: []glueColumn{}, TableType: "EXTERNAL_TABLE", Parameters: map[string]string{"EXTERNAL": "TRUE", "classification": strings.Trim(t.settings.format.Extension(), ".")},
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
	d.Columns = t.settings.glueColumns(table)
	return putJSON(ctx, t.store, glueKey(table.Name), g)
}

// glueKey is where a table's description is.
// glueFolder is where it is told what Glue is to be told of tables.
const glueFolder = control + "glue/"

func glueKey(n catalog.Name) string {
	return glueFolder + strings.TrimSuffix(folder(n), "/") + ".json"
}

// glueColumns are the columns of a table's files.
func (s *settings) glueColumns(table *catalog.Table) (columns []glueColumn) {
	if s.hasOp() {
		columns = append(columns, glueColumn{"op", glueText})
	}
	if s.stamp != "" {
		columns = append(columns, glueColumn{strings.ToLower(s.stamp), glueText})
	}
	for _, c := range table.Columns {
		of := glueText
		switch k := table.PrimaryKey; {
		case s.parquet:
			of = glueOfParquet(c.Type)
		case k != nil && slices.Contains(k.Columns, c.Name): // whose values are never left out
			of = glueOfCSV(c.Type.Kind)
		}
		columns = append(columns, glueColumn{strings.ToLower(c.Name), of})
	}
	return columns
}

const glueText = "string"

// glueOfCSV is the type of a column that is never null. OpenCSVSerde reads numbers of these types, and no others, no dates as they
// are written, and nothing for a null (Athena user guide, "Open CSV SerDe for processing CSV").
func glueOfCSV(k datatype.Kind) string {
	switch k {
	case datatype.Int1, datatype.Int2, datatype.UInt1, datatype.Int4, datatype.UInt2:
		return "int"
	case datatype.Int8, datatype.UInt4:
		return "bigint"
	default:
		return glueText
	}
}

// glueOfParquet is the type by which what the file holds is read; Glue has no times of the day and no unsigned numbers.
func glueOfParquet(t datatype.Type) string {
	switch t.Kind {
	case datatype.Boolean:
		return "boolean"
	case datatype.Int1:
		return "tinyint"
	case datatype.Int2, datatype.UInt1:
		return "smallint"
	case datatype.Int4, datatype.UInt2:
		return "int"
	case datatype.Int8, datatype.UInt4, datatype.UInt8, datatype.Time:
		return "bigint"
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
		if rowfile.IsDecimal(t) {
			return "decimal(" + strconv.Itoa(t.Precision) + "," + strconv.Itoa(t.Scale) + ")"
		}
		return glueText
	default:
		return glueText
	}
}
