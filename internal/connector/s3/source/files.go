package source

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/connector/s3/csvfile"
	"github.com/whimbreldb/whimbrel/internal/connector/s3/external"
	"github.com/whimbreldb/whimbrel/internal/connector/s3/parquetfile"
	"github.com/whimbreldb/whimbrel/internal/connector/s3/store"
)

// file is a file of the store, under its whole key.
type file struct {
	key      string
	size     int64
	modified time.Time
	changes  bool // of changes, among those of a table
	// table and before are of Parquet files of changes: whose they are, and how many come before.
	table  *external.Table
	before int
}

// changeFile is the name of a file of changes as a DMS target writes it beside those of the full load.
var changeFile = regexp.MustCompile(`^[0-9]{8}-[0-9]{9,10}\.(csv(\.gz)?|parquet)$`)

func isCSV(name string) bool {
	name = strings.TrimSuffix(strings.ToLower(name), ".gz")
	return strings.HasSuffix(name, ".csv") && !strings.HasPrefix(name, ".") && !strings.HasPrefix(name, "_")
}

func isParquet(name string) bool {
	return strings.HasSuffix(strings.ToLower(name), ".parquet") && !strings.HasPrefix(name, ".") && !strings.HasPrefix(name, "_")
}

// isRows reports whether a name is one of a file of the format that is read.
func (s *source) isRows(name string) bool {
	if s.Parquet {
		return isParquet(name)
	}
	return isCSV(name)
}

// filesOf lists the files with the rows of a table, in the order of their names: those that begin with LOAD, or where there are none
// all files of the format in the folder but those of changes.
func (s *source) filesOf(ctx context.Context, t *external.Table) ([]file, error) {
	var loads, changes, others []file
	left, foreign := 0, 0
	err := s.Store.List(ctx, t.Path, func(o store.Object) error {
		name := path.Base(o.Key)
		f := file{key: o.Key, size: o.Size, modified: o.Modified}
		switch {
		case s.Changes != "" && strings.HasPrefix(o.Key, s.Changes):
		case !s.isRows(name):
			if isCSV(name) || isParquet(name) {
				foreign++
			}
		case strings.HasPrefix(strings.ToUpper(name), "LOAD"):
			loads = append(loads, f)
		case changeFile.MatchString(name):
			f.changes = true
			changes = append(changes, f)
		default:
			others = append(others, f)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list the files of table %s: %w", t.Name, err)
	}
	if s.Written != nil {
		slices.SortFunc(loads, byKey)
		return s.written(t, loads, changes)
	}
	left += len(changes)
	if len(loads) > 0 {
		left += len(others)
	} else {
		loads = others
	}
	if foreign > 0 && len(loads) == 0 {
		is, other := "CSV", "parquet"
		if s.Parquet {
			is, other = "Parquet", "csv"
		}
		return nil, invalid("set DataFormat "+other, "DataFormat says that files are %s, and those of table %s in %s are not", is, t.Name, t.Path)
	}
	if left > 0 {
		s.Log.Warn("files beside those of the full load are left out", "table", t.Name.String(), "folder", t.Path, "files", left)
	}
	slices.SortFunc(loads, byKey)
	return loads, nil
}

func byKey(a, b file) int { return cmp.Compare(a.key, b.key) }

// opened is a file that is being read: of CSV, or with rows one of Parquet.
type opened struct {
	file
	*csvfile.Reader
	rows *parquetfile.Reader
	body io.Closer
	read *counted
}

// Next goes to the next record; io.EOF means that there is none.
func (o *opened) Next() error {
	if o.rows != nil {
		return o.rows.Next()
	}
	return o.Reader.Next()
}

// Records is how many there were.
func (o *opened) Records() int64 {
	if o.rows != nil {
		return o.rows.Records()
	}
	return o.Reader.Records()
}

// counted counts the bytes that a file turns out to have.
type counted struct {
	io.Reader
	bytes int64
}

// Read implements io.Reader.
func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.bytes += int64(n)
	return n, err
}

// whole makes sure at the end of a file that it is the one that was listed: one that is still being written would be read in part.
func (o *opened) whole() error {
	if o.read.bytes == o.size {
		return nil
	}
	return &connector.Error{
		Class: connector.Missing, Err: fmt.Errorf("file %s had %d bytes when it was listed, and %d when it was read", o.key, o.size, o.read.bytes), Remedy: appearWhole,
	}
}

const appearWhole = "let files appear whole, under another name until then, and start the task anew"

// open begins to read a file.
func (s *source) open(ctx context.Context, f file) (*opened, error) {
	body, err := s.Store.Open(ctx, f.key)
	if err != nil {
		return nil, err
	}
	read := &counted{Reader: body}
	if s.Parquet {
		return s.openParquet(f, body, read)
	}
	text, err := csvfile.Inflate(read)
	if err != nil {
		_ = body.Close()
		return nil, unreadable(f, err)
	}
	return &opened{file: f, Reader: csvfile.New(text, s.Dialect), body: body, read: read}, nil
}

func (o *opened) close() {
	if o.rows != nil {
		o.rows.Close()
	}
	_ = o.body.Close()
}

// unreadable says of which file an error is: one of its text is the user's, any other may pass.
func unreadable(f file, err error) error {
	class := connector.Lost
	if isMalformed(err) {
		class = connector.Data
	}
	return &connector.Error{Class: class, Err: fmt.Errorf("read file %s: %w", f.key, err)}
}

// place names the record that is being read.
func (o *opened) place() string {
	if o.rows != nil {
		group, row := o.rows.Place()
		return fmt.Sprintf("%s row group %d row %d", o.key, group, row)
	}
	return fmt.Sprintf("%s line %d", o.key, o.Line())
}
