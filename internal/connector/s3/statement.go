package s3

import (
	"fmt"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/typemap"
)

// statement is one of Dialect's, read back.
type statement struct {
	verb   string // CREATE, DROP, TRUNCATE, ADD, DROP COLUMN, RENAME COLUMN, ALTER, RENAME
	name   catalog.Name
	to     catalog.Name // RENAME
	table  *catalog.Table
	column *catalog.Column // ADD, ALTER
	from   string          // DROP COLUMN, RENAME COLUMN
	into   string          // RENAME COLUMN
}

// parser reads a statement from its beginning.
type parser struct {
	rest string
	err  error
}

func (p *parser) fail() {
	if p.err == nil {
		p.err = fmt.Errorf("not a statement of files: unexpected %.40q", p.rest)
	}
}

// word takes fixed words when they come next.
func (p *parser) word(w string) bool {
	rest, ok := strings.CutPrefix(p.rest, w)
	if ok {
		p.rest = rest
	}
	return ok
}

func (p *parser) expect(w string) {
	if !p.word(w) {
		p.fail()
	}
}

// quoted takes a quoted name.
func (p *parser) quoted() string {
	if !p.word(`"`) {
		p.fail()
		return ""
	}
	var b strings.Builder
	for {
		at := strings.IndexByte(p.rest, '"')
		if at < 0 {
			p.fail()
			return ""
		}
		b.WriteString(p.rest[:at])
		p.rest = p.rest[at+1:]
		if !p.word(`"`) {
			return b.String()
		}
		b.WriteByte('"')
	}
}

func (p *parser) table() catalog.Name {
	schema := p.quoted()
	p.expect(".")
	return catalog.Name{Schema: schema, Name: p.quoted()}
}

// column takes a name and its type.
func (p *parser) column() *catalog.Column {
	c := &catalog.Column{Name: p.quoted()}
	p.expect(" ")
	end, depth := 0, 0
	for ; end < len(p.rest); end++ {
		ch := p.rest[end]
		if depth == 0 && (ch == ',' || ch == ')') {
			break
		}
		switch ch {
		case '(':
			depth++
		case ')':
			depth--
		}
	}
	c.NativeType, c.NotNull = strings.CutSuffix(p.rest[:end], notNull)
	p.rest = p.rest[end:]
	c.BaseType, c.Type = typemap.FromNative(catalog.Lake, c.NativeType)
	if c.Type.Kind == 0 {
		p.fail()
	}
	return c
}

// parse reads a statement.
func parse(sql string) (s statement, err error) {
	p := &parser{rest: sql}
	switch {
	case p.word("CREATE TABLE "):
		s.verb, s.name = "CREATE", p.table()
		s.table = p.definition(s.name)
	case p.word("DROP TABLE "):
		s.verb, s.name = "DROP", p.table()
	case p.word("TRUNCATE TABLE "):
		s.verb, s.name = "TRUNCATE", p.table()
	case p.word("ALTER TABLE "):
		s.name = p.table()
		p.expect(" ")
		p.alteration(&s)
	default:
		p.fail()
	}
	if p.rest != "" {
		p.fail()
	}
	return s, p.err
}

func (p *parser) alteration(s *statement) {
	switch {
	case p.word("ADD COLUMN "):
		s.verb, s.column = "ADD", p.column()
	case p.word("ALTER COLUMN "):
		s.verb, s.column = "ALTER", p.column()
	case p.word("DROP COLUMN "):
		s.verb, s.from = "DROP COLUMN", p.quoted()
	case p.word("RENAME COLUMN "):
		s.verb, s.from = "RENAME COLUMN", p.quoted()
		p.expect(" TO ")
		s.into = p.quoted()
	case p.word("RENAME TO "):
		s.verb, s.to = "RENAME", p.table()
	default:
		p.fail()
	}
}

func (p *parser) definition(n catalog.Name) *catalog.Table {
	t := &catalog.Table{Name: n, Rows: -1, Bytes: -1}
	p.expect(" (")
	for p.err == nil {
		if p.word("PRIMARY KEY (") {
			t.PrimaryKey = &catalog.Key{}
			for p.err == nil {
				t.PrimaryKey.Columns = append(t.PrimaryKey.Columns, p.quoted())
				if !p.word(", ") {
					break
				}
			}
			p.expect(")")
		} else {
			t.Columns = append(t.Columns, p.column())
		}
		if !p.word(", ") {
			break
		}
	}
	p.expect(")")
	return t
}

// apply changes a table's definition as an alteration says.
func (s statement) apply(t *catalog.Table) {
	columns := t.Columns[:0:0]
	for _, c := range t.Columns {
		copied := *c
		switch {
		case s.verb == "DROP COLUMN" && c.Name == s.from:
			continue
		case s.verb == "RENAME COLUMN" && c.Name == s.from:
			copied.Name = s.into
		case s.verb == "ALTER" && c.Name == s.column.Name:
			copied = *s.column
		case s.verb == "ADD" && c.Name == s.column.Name:
			continue
		}
		columns = append(columns, &copied)
	}
	if s.verb == "ADD" {
		columns = append(columns, s.column)
	}
	t.Columns = columns
	if t.PrimaryKey != nil && s.verb == "RENAME COLUMN" {
		for i, name := range t.PrimaryKey.Columns {
			if name == s.from {
				t.PrimaryKey.Columns[i] = s.into
			}
		}
	}
}
