package assess

import (
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/convert"
	"github.com/whimbreldb/whimbrel/internal/mapping"
)

// quote spells an identifier in a family's SQL.
func quote(f catalog.Family, name string) string {
	mark := `"`
	if f == catalog.MySQL {
		mark = "`"
	}
	return mark + strings.ReplaceAll(name, mark, mark+mark) + mark
}

func quoteName(f catalog.Family, n catalog.Name) string {
	return quote(f, n.Schema) + "." + quote(f, n.Name)
}

// literal spells a text in PostgreSQL's SQL; standard_conforming_strings holds in every session of ours. MySQL's would need
// backslashes doubled too.
func literal(f catalog.Family, text string) string {
	if f == catalog.MySQL {
		text = strings.ReplaceAll(text, `\`, `\\`)
	}
	return "'" + strings.ReplaceAll(text, "'", "''") + "'"
}

// tables are the converted base tables, without views and partitions that are part of another entry.
func (s *subject) tables() (out []*convert.Table) {
	for _, ct := range s.Schema.Tables {
		if ct.Plan.View == nil && !ct.Folded {
			out = append(out, ct)
		}
	}
	return out
}

// onTarget is a table as the target has it already, or will have it.
func (s *subject) onTarget(ct *convert.Table) (t *catalog.Table, there bool) {
	if e := s.Existing[ct.Target.Name]; e != nil && s.Settings.FullLoadSettings.TargetTablePrepMode != "DROP_AND_CREATE" {
		return e.Table, true
	}
	return ct.Target, false
}

// pair is a column of the source and what it goes into.
type pair struct {
	table          *convert.Table
	source, target *catalog.Column
	there          bool // the target's table is there already
}

func (p *pair) name() string { return p.table.Plan.Source.Name.String() + "." + p.source.Name }

// pairs lists the columns that go along.
func (s *subject) pairs() (out []pair) {
	for _, ct := range s.tables() {
		t, there := s.onTarget(ct)
		for i, c := range ct.Plan.Columns {
			if to := t.Column(ct.Columns[i].Name); to != nil && c.Source != nil {
				out = append(out, pair{table: ct, source: c.Source, target: to, there: there})
			}
		}
	}
	return out
}

// masked lists the columns that a method masks.
func (s *subject) masked(m mapping.MaskMethod) (out []pair) {
	for _, p := range s.pairs() {
		for _, c := range p.table.Plan.Columns {
			for _, mask := range c.Masks {
				if c.Source == p.source && mask.Method == m {
					out = append(out, p)
				}
			}
		}
	}
	return out
}

// hasKey reports whether something identifies the rows of a table: a primary key, or a unique key whose columns are not null.
func hasKey(t *catalog.Table) bool {
	if t.PrimaryKey != nil {
		return true
	}
	for _, u := range t.Uniques {
		if notNull(t, u.Columns) {
			return true
		}
	}
	for _, x := range t.Indexes {
		var columns []string
		for _, p := range x.Parts {
			if p.Column != "" && p.Length == 0 {
				columns = append(columns, p.Column)
			}
		}
		if x.Unique && x.Where == "" && len(columns) == len(x.Parts) && notNull(t, columns) {
			return true
		}
	}
	return false
}

func notNull(t *catalog.Table, columns []string) bool {
	for _, name := range columns {
		if c := t.Column(name); c == nil || !c.NotNull {
			return false
		}
	}
	return true
}
