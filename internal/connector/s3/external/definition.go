package external

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/document"
)

// Table is a table whose rows are in files.
type Table struct {
	*catalog.Table
	// Path is the folder of its files, with a slash at the end.
	Path string
	// Formats say how dates are written, column by column; nil is the ISO form.
	Formats []*Format
}

// MaxSize is how long a document may be.
const MaxSize = 2 << 20

// mostTables bounds a count that a document claims.
const mostTables = 1 << 20

// Parse reads a document. The error names everything that is wrong with it, and where.
func Parse(text []byte) ([]*Table, error) {
	if len(text) > MaxSize {
		return nil, fmt.Errorf("it has %d bytes, and %d are the most", len(text), MaxSize)
	}
	var problems document.Problems
	root, err := document.Parse(text, &problems)
	if err != nil {
		return nil, err
	}
	r, ok := root.Read("", &problems)
	var tables []*Table
	if ok {
		items, there := r.Array("Tables")
		if !there || len(items) == 0 {
			r.Missing("Tables", "an array with a table or more")
		}
		counted(r, "TableCount", len(items), "Tables")
		for _, item := range items {
			if t := readTable(item, &problems); t != nil {
				tables = append(tables, t)
			}
		}
		r.Done()
	}
	if err := problems.Err(); err != nil {
		return nil, err
	}
	return tables, Check(tables)
}

// counted holds a number that a document claims against what is in it: a document that was cut short must not pass for a whole one.
func counted(r *document.Reader, key string, found int, of string) {
	if n, there := r.Whole(key, 0, mostTables); there && n != int64(found) {
		r.Failf(r.Peek(key), "is %d, and %s has %d", n, of, found)
	}
}

func readTable(n *document.Node, problems *document.Problems) *Table {
	r, ok := n.Read("table", problems)
	if !ok {
		return nil
	}
	name, owner := required(r, "TableName"), required(r, "TableOwner")
	r.Subject = "table " + owner + "." + name
	t := &Table{Table: &catalog.Table{Name: catalog.Name{Schema: owner, Name: name}, Rows: -1, Bytes: -1}}
	t.Path = readPath(r, owner+"/"+name)
	items, there := r.Array("TableColumns")
	if !there || len(items) == 0 {
		r.Missing("TableColumns", "an array with a column or more")
	}
	counted(r, "TableColumnsTotal", len(items), "TableColumns")
	var key []string
	for _, item := range items {
		c, format, isKey := readColumn(item, r.Subject, problems)
		if c == nil {
			continue
		}
		if t.Column(c.Name) != nil {
			r.Failf(item, "column %q is there twice", c.Name)
		}
		t.Columns, t.Formats = append(t.Columns, c), append(t.Formats, format)
		if isKey {
			key = append(key, c.Name)
		}
	}
	if len(key) > 0 {
		t.PrimaryKey = &catalog.Key{Columns: key}
	}
	r.Done()
	return t
}

func required(r *document.Reader, key string) string {
	text, there := r.Text(key)
	if !there || text == "" {
		r.Missing(key, "a name")
	}
	return text
}

// readPath reads the folder of the files.
func readPath(r *document.Reader, otherwise string) string {
	text, there := r.Text("TablePath")
	if !there {
		text = otherwise
	}
	clean := strings.Trim(text, "/")
	if clean == "" || path.Clean(clean) != clean || strings.HasPrefix(clean, "..") {
		const want = "the folder of the table's files, such as hr/employee/"
		if !there {
			r.Missing("TablePath", want)
		} else {
			r.Failf(r.Peek("TablePath"), "is %q; want %s", text, want)
		}
	}
	return clean + "/"
}

// Check makes sure that every table has a name and a folder of its own.
func Check(tables []*Table) error {
	var all []error
	sorted := slices.Clone(tables)
	slices.SortFunc(sorted, func(a, b *Table) int { return strings.Compare(a.Path, b.Path) })
	var last *Table
	for _, t := range sorted {
		if last != nil && strings.HasPrefix(t.Path, last.Path) {
			all = append(all, fmt.Errorf("the folder %s of table %s is in the folder %s of table %s: its files would be rows of both", t.Path, t.Name, last.Path, last.Name))
			continue
		}
		last = t
	}
	names := map[catalog.Name]bool{}
	for _, t := range tables {
		if names[t.Name] {
			all = append(all, fmt.Errorf("table %s is there twice", t.Name))
		}
		names[t.Name] = true
	}
	return errors.Join(all...)
}
