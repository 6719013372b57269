package s3

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/connector/s3/rowfile"
)

// layout are the settings that say how the files of a run are to be read, by name, as they are kept with the run: whoever reads a
// table's files takes them all for alike.
type layout map[string]string

// layout is that of a load's files.
func (s *settings) layout() layout {
	l := layout{"IncludeOpForFullLoad": strconv.FormatBool(s.opOnLoad), "TimestampColumnName": s.stamp}
	switch f := s.format.(type) {
	case rowfile.CSV:
		l["DataFormat"], l["CompressionType"] = "csv", "none"
		if s.gzipCSV {
			l["CompressionType"] = "gzip"
		}
		l["CsvDelimiter"], l["CsvRowDelimiter"], l["CsvNullValue"], l["Rfc4180"] = f.Delimiter, f.RowDelimiter, f.Null, strconv.FormatBool(f.Quote)
		l["AddColumnName"], l["AddTrailingPaddingCharacter"] = strconv.FormatBool(f.Header), strconv.FormatBool(f.Pad)
	case rowfile.Parquet:
		l["DataFormat"], l["ParquetTimestampInMillisecond"] = "parquet", strconv.FormatBool(f.Milliseconds)
	}
	return l
}

// changesLayout is that of the files of changes.
func (s *settings) changesLayout() layout {
	l := s.layout()
	l["PreserveTransactions"], l["CdcInsertsOnly"], l["CdcInsertsAndUpdates"] = strconv.FormatBool(s.transactions), strconv.FormatBool(s.insertsOnly), strconv.FormatBool(s.insertsAndUpdates)
	if f, ok := s.format.(rowfile.CSV); ok {
		l["CsvNoSupValue"] = f.Absent
	}
	return l
}

// begunWith refuses settings that would write files unlike those that a run has written. A run that was begun before this was
// kept has no layout.
func (l layout) begunWith(before layout) error {
	if len(before) == 0 {
		return nil
	}
	names := slices.Sorted(maps.Keys(before))
	if before["DataFormat"] != l["DataFormat"] { // which the others follow from
		names = []string{"DataFormat"}
	}
	for _, name := range names {
		if before[name] != l[name] {
			return &connector.Error{
				Class: connector.Invalid, Err: fmt.Errorf("%s was %q when the run was begun and is %q now, and its files would no longer be alike", name, before[name], l[name]),
				Remedy: fmt.Sprintf("set %s to %q again, or start the run anew", name, before[name]),
			}
		}
	}
	return nil
}
