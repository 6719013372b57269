package source

import (
	"cmp"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/connector/s3/external"
)

// written are the files of a table that a target of ours has written: those of the load, and behind them those of changes in the order of their
// names, which is that of the commits, in whichever folder of a date they are.
func (s *source) written(t *external.Table, loads, changes []file) ([]file, error) {
	if len(changes) == 0 {
		return loads, nil
	}
	if s.Unclear != nil {
		return nil, s.Unclear
	}
	if t.PrimaryKey == nil {
		return nil, invalid("compare the table before changes are followed, or give it a key (define-primary-key)", "%d files of changes are among those of table %s, which has no primary key: nothing says which row a line changes", len(changes), t.Name)
	}
	slices.SortFunc(changes, func(a, b file) int { return cmp.Or(cmp.Compare(path.Base(a.key), path.Base(b.key)), byKey(a, b)) })
	return append(loads, changes...), nil
}

// lead are the columns that a record begins with before those of its table.
func (s *source) lead(o *opened) []string {
	if o.changes {
		return s.ChangesLead
	}
	return s.Lead
}

const structureRemedy = "load the table anew, or read the files into a database and compare that"

// checkHeader makes sure that a file of ours has the columns that its table has now, where it names them.
func (rd *reading) checkHeader(o *opened) error {
	var want []string
	for _, c := range rd.table.Columns {
		want = append(want, c.Name)
	}
	want = append(slices.Clone(rd.source.lead(o)), want...)
	is := make([]string, o.Len())
	for i := range is {
		name, _ := o.Field(i)
		is[i] = string(name)
	}
	if slices.Equal(is, want) {
		return nil
	}
	return &connector.Error{
		Class: connector.Data, Remedy: structureRemedy,
		Err: fmt.Errorf("file %s has the columns %s, and table %s has %s by now: its structure has changed, and what is in the file stays as it is", o.key, shown([]byte(strings.Join(is, ", "))), rd.table.Name, strings.Join(want, ", ")),
	}
}

// unlike says that a record of ours has other columns than its table has now.
func (rd *reading) unlike(o *opened, want int) error {
	return &connector.Error{
		Class: connector.Data, Remedy: structureRemedy,
		Err: fmt.Errorf("%s has %d values, and table %s has %d columns by now: either its structure has changed, and what is in the file stays as it is, or the settings are not those that it was written with", o.place(), o.Len()-len(rd.source.lead(o)), rd.table.Name, want),
	}
}

// changed reads the operation of the record at hand, which is one of a file of changes.
func (rd *reading) changed() (change.Op, error) {
	o := rd.now.from
	var word []byte
	if o.rows != nil {
		at := opColumn(rd.table, o)
		if at >= 0 {
			var err error
			if word, _, err = o.rows.Bytes(at); err != nil {
				return 0, unreadable(o.file, err)
			}
		}
	} else {
		rd.now.skip = len(rd.source.ChangesLead)
		if want := len(rd.table.Columns); o.Len() != rd.now.skip+want {
			return 0, rd.unlike(o, want)
		}
		word, _ = o.Field(0)
	}
	op, known := operationOf(word)
	if !known {
		return 0, &connector.Error{
			Class: connector.Data, Err: fmt.Errorf("%s does not say what became of its row: its column %s is %.20q", o.place(), opName, word),
			Remedy: "give the settings that the files were written with",
		}
	}
	return op, nil
}

// keyed are the columns of a table's key as they are read.
func keyed(t *external.Table) (out []connector.ReadColumn) {
	for _, name := range t.PrimaryKey.Columns {
		if c := t.Column(name); c != nil {
			out = append(out, connector.ReadColumn{Column: c, Layout: change.LayoutOf(c.Type)})
		}
	}
	return out
}

var errNoKey = errors.New("a column of its primary key is not among its columns")

func keyDecoder(s *source, t *external.Table) (*decoder, error) {
	read := keyed(t)
	if len(read) != len(t.PrimaryKey.Columns) {
		return nil, fmt.Errorf("table %s: %w", t.Name, errNoKey)
	}
	return s.newDecoder(t, read)
}
