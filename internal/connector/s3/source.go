package s3

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/connector/s3/csvfile"
	"github.com/whimbreldb/whimbrel/internal/connector/s3/external"
	"github.com/whimbreldb/whimbrel/internal/connector/s3/source"
	"github.com/whimbreldb/whimbrel/internal/connector/s3/store"
	"github.com/whimbreldb/whimbrel/internal/connector/setting"
)

// sourceSettings are S3Settings of a source, checked.
type sourceSettings struct {
	place   settings // where it is: folder and owner alone
	tables  []*external.Table
	parquet bool
	dialect csvfile.Dialect
	null    string
	header  bool
	cdcPath string // as keys begin with it
}

// CheckSourceSettings says what is wrong with the settings of a source.
func CheckSourceSettings(values map[string]string) error {
	_, err := readSourceSettings(values)
	return err
}

func readSourceSettings(values map[string]string) (*sourceSettings, error) {
	r := setting.Read(values)
	s := &sourceSettings{
		place: settings{folder: r.Text("BucketFolder", ""), owner: r.Text("ExpectedBucketOwner", "")},
		dialect: csvfile.Dialect{
			Delimiter: unescape(r.Text("CsvDelimiter", ",")), RowDelimiter: unescape(r.Text("CsvRowDelimiter", "\n")), Quotes: r.Truth("Rfc4180", true),
		},
		null: r.Text("CsvNullValue", ""), header: r.Number("IgnoreHeaderRows", 0, 0, 1) == 1,
	}
	s.parquet = r.Choice("DataFormat", "csv", "parquet") == "parquet"
	checkDelimiters(r, s.dialect.Delimiter, s.dialect.RowDelimiter)
	cdcPath, definition := r.Text("CdcPath", ""), r.Text("ExternalTableDefinition", "")
	r.Text("ServiceAccessRoleArn", "")
	r.Text("BucketName", "")
	err := r.End()
	if err == nil {
		err = checkOwner(s.place.owner)
	}
	if err == nil && s.parquet {
		err = s.checkParquet(cdcPath)
	}
	if err == nil {
		s.cdcPath, err = prefixOf("", cdcPath)
	}
	if err != nil || definition == "" {
		return s, err
	}
	if s.tables, err = external.Parse([]byte(definition)); err != nil {
		return nil, invalid("mend the document", "ExternalTableDefinition: %w", err)
	}
	return s, nil
}

// checkParquet refuses what is of CSV files alone. That CdcPath is not set with Parquet is DMS's rule (user guide, "Using Parquet-format
// files in Amazon S3 as a source for AWS DMS").
func (s *sourceSettings) checkParquet(cdcPath string) error {
	switch {
	case cdcPath != "":
		return invalid("leave CdcPath out", "CdcPath is the folder of CSV files of changes, and DataFormat is parquet")
	case s.header:
		return invalid("leave IgnoreHeaderRows out", "IgnoreHeaderRows is of CSV files, and DataFormat is parquet")
	}
	return nil
}

// openSource opens files to be read. Without an ExternalTableDefinition their tables are those that a target of Whimbrel's has
// noted beside them.
func openSource(ctx context.Context, c connector.Config) (connector.Source, error) {
	s, err := readSourceSettings(c.Settings)
	if err != nil {
		return nil, err
	}
	at, err := storeOf(c, &s.place)
	if err != nil {
		return nil, err
	}
	if err = checkPlace(ctx, at); err == nil && s.tables == nil {
		s.tables, err = notedTables(ctx, at)
	}
	if err != nil {
		at.Close()
		return nil, err
	}
	log := c.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return source.New(source.Config{Store: at, Tables: s.tables, Parquet: s.parquet, Dialect: s.dialect, Null: s.null, Header: s.header, Changes: s.cdcPath, Promised: promised(at), Log: log}), nil
}

// checkPlace makes sure that the bucket may be listed, and that the folder is there.
func checkPlace(ctx context.Context, at store.Store) error {
	dir, isFolder := strings.CutPrefix(at.Location(), "file://")
	if !isFolder {
		return at.Check(ctx)
	}
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return &connector.Error{Class: connector.Missing, Err: fmt.Errorf("there is no folder %s", dir), Remedy: "check the path"}
	}
	return at.Check(ctx)
}

// notedTables are those of which a target has noted the columns; none is an error.
func notedTables(ctx context.Context, at store.Store) ([]*external.Table, error) {
	tables, err := definedTables(ctx, at)
	if err == nil && len(tables) == 0 {
		err = invalid("give the setting ExternalTableDefinition", "nothing says which tables the files in %s are of", at.Location())
	}
	return tables, err
}

func definedTables(ctx context.Context, at store.Store) ([]*external.Table, error) {
	var keys []string
	err := at.List(ctx, definitionFolder, func(o store.Object) error {
		keys = append(keys, o.Key)
		return nil
	})
	if err != nil {
		return nil, err
	}
	tables := make([]*external.Table, len(keys))
	err = each(ctx, keys, func(ctx context.Context, i int, key string) error {
		var d definition
		if _, err := readJSON(ctx, at, key, &d); err != nil {
			return err
		}
		read, err := parse(d.Statement)
		if err == nil && read.table == nil {
			err = errNoTable
		}
		if err != nil {
			return fmt.Errorf("the definition of a table in %s cannot be read: %w", key, err)
		}
		t := read.table
		t.Rows, t.Bytes = -1, -1
		tables[i] = &external.Table{Table: t, Path: folder(t.Name), Formats: make([]*external.Format, len(t.Columns))}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return tables, external.Check(tables)
}

var errNoTable = errors.New("want a CREATE TABLE statement")
