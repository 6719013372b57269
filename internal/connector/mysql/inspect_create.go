package mysql

import (
	"context"
	"encoding/hex"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// readCreates asks for SHOW CREATE TABLE of every table and fills in what only that text tells. Where only the
// structure is wanted it asks for the tables with a default that information_schema cannot spell.
func (i *inspector) readCreates(ctx context.Context) error {
	for _, s := range i.catalog.Schemas {
		for _, t := range s.Tables {
			if !i.o.Objects && !doubtfulDefault(t) {
				continue
			}
			d, err := i.readCreate(ctx, t)
			if err != nil {
				return fmt.Errorf("inspect table %s: %w", t.Name, err)
			}
			d.settleDefaults(t)
			if i.o.Objects {
				t.Native[nativeServer] = string(i.release.flavour)
				d.describe(t)
			}
		}
	}
	return nil
}

func (i *inspector) readCreate(ctx context.Context, t *catalog.Table) (*definition, error) {
	var name, text string
	if err := i.q.QueryRowContext(ctx, "SHOW CREATE TABLE "+quoteTable(t.Name)).Scan(&name, &text); err != nil {
		return nil, err
	}
	return parseDefinition(printable(text))
}

// doubtfulDefault reports whether a binary column's default has a question mark, which may stand for any byte.
func doubtfulDefault(t *catalog.Table) bool {
	for _, c := range t.Columns {
		if strings.HasSuffix(c.BaseType, "binary") && c.Default != nil && strings.Contains(*c.Default, "?") {
			return true
		}
	}
	return false
}

// settleDefaults takes the defaults that printable has put into hexadecimal.
func (d *definition) settleDefaults(t *catalog.Table) {
	const before = " DEFAULT "
	for _, p := range d.parts {
		c := t.Column(p.name)
		at := strings.Index(p.text, before+"0x")
		if p.kind != columnPart || c == nil || at < 0 || !strings.HasSuffix(c.BaseType, "binary") {
			continue
		}
		value, _, _ := strings.Cut(p.text[at+len(before):], " ")
		c.Default = &value
	}
}

// definition is the text of SHOW CREATE TABLE, cut up.
type definition struct {
	parts   []part
	options string // what follows the closing parenthesis
}

// part is one line of a definition.
type part struct {
	kind partKind
	name string
	text string
}

type partKind uint8

const (
	otherPart partKind = iota
	columnPart
	primaryPart
	uniquePart
	indexPart
	specialPart // fulltext, spatial, vector
	foreignPart
	checkPart
	periodPart
)

func parseDefinition(text string) (*definition, error) {
	open := -1
	for n := 0; n < len(text) && open < 0; n++ {
		if isQuote(text[n]) {
			n = skipQuoted(text, n) - 1
		} else if text[n] == '(' {
			open = n
		}
	}
	if open < 0 {
		return nil, invalidDefinition(text)
	}
	items, end := splitList(text, open)
	if end < 0 {
		return nil, invalidDefinition(text)
	}
	d := &definition{options: strings.TrimSpace(text[end+1:])}
	for _, item := range items {
		d.parts = append(d.parts, parsePart(item))
	}
	return d, nil
}

func invalidDefinition(text string) error {
	return &connector.Error{Class: connector.Invalid, Err: fmt.Errorf("the server's CREATE TABLE has no column list: %.60q", text)}
}

// partWords are the ways a part can begin, the longer before the shorter.
var partWords = []struct {
	words string
	kind  partKind
}{
	{"PRIMARY KEY", primaryPart}, {"UNIQUE KEY ", uniquePart}, {"FULLTEXT KEY ", specialPart}, {"SPATIAL KEY ", specialPart},
	{"VECTOR KEY ", specialPart}, {"KEY ", indexPart}, {"PERIOD FOR ", periodPart}, {"CHECK ", checkPart}, {"FOREIGN KEY", foreignPart},
}

func parsePart(item string) part {
	p := part{text: item}
	if name, _, ok := unquoted(item); ok {
		p.kind, p.name = columnPart, name
		return p
	}
	rest, named := strings.CutPrefix(item, "CONSTRAINT ")
	if named {
		if p.name, rest, named = unquoted(rest); named {
			rest = strings.TrimSpace(rest)
		}
	}
	for _, w := range partWords {
		if after, ok := strings.CutPrefix(rest, w.words); ok {
			p.kind = w.kind
			if name, _, ok := unquoted(after); ok && !named {
				p.name = name
			}
			return p
		}
	}
	return p
}

// describe fills in the table what the definition says beyond information_schema.
func (d *definition) describe(t *catalog.Table) {
	d.addReferenceSystems(t)
	t.Native[nativeCreate] = d.String(t.Name.Name)
	t.Native[nativeOptions] = d.options
	checks := make(map[string]bool)
	for _, p := range d.parts {
		switch p.kind {
		case uniquePart, indexPart, specialPart:
			for _, x := range t.Indexes {
				if x.Name == p.name {
					x.DDL = addClause(t.Name, p.text)
				}
			}
			for _, k := range t.Uniques {
				if k.Name == p.name {
					k.DDL = p.text
				}
			}
		case primaryPart:
			if t.PrimaryKey != nil {
				t.PrimaryKey.DDL = p.text
			}
		case foreignPart:
			for _, k := range t.ForeignKeys {
				if k.Name == p.name {
					k.DDL = p.text
				}
			}
		case checkPart:
			checks[p.name] = true
			for _, c := range t.Checks {
				if c.Name == p.name && !strings.HasPrefix(c.DDL, columnCheck) {
					c.DDL = p.text
				}
			}
		}
	}
	t.Checks = keptChecks(t.Checks, checks)
}

// keptChecks drops the checks that a period implies: information_schema lists them, a definition does not.
func keptChecks(all []*catalog.Check, written map[string]bool) []*catalog.Check {
	var kept []*catalog.Check
	for _, c := range all {
		if written[c.Name] || strings.HasPrefix(c.DDL, columnCheck) {
			kept = append(kept, c)
		}
	}
	return kept
}

// addReferenceSystems writes the spatial reference systems into the text where MariaDB leaves them out.
func (d *definition) addReferenceSystems(t *catalog.Table) {
	for n, p := range d.parts {
		if p.kind != columnPart || strings.Contains(p.text, "SRID") {
			continue
		}
		c := t.Column(p.name)
		if c == nil || !strings.HasPrefix(c.Native, "REF_SYSTEM_ID=") {
			continue
		}
		system, _, _ := strings.Cut(c.Native, " ")
		head := quoteIdent(c.Name) + " " + c.NativeType
		if rest, ok := strings.CutPrefix(p.text, head); ok {
			d.parts[n].text = head + " " + system + rest
		}
	}
}

// String puts the definition together again, for a table of that name.
func (d *definition) String(table string) string {
	var b strings.Builder
	b.WriteString("CREATE TABLE " + quoteIdent(table) + " (")
	for n, p := range d.parts {
		if n > 0 {
			b.WriteByte(',')
		}
		b.WriteString("\n  " + p.text)
	}
	b.WriteString("\n) " + d.options)
	return b.String()
}

// printable writes literals that are no valid UTF-8, the defaults of binary columns, in hexadecimal: the servers
// print them raw, and would not take them back in a statement.
func printable(text string) string {
	if utf8.ValidString(text) {
		return text
	}
	var b strings.Builder
	from := 0
	for n := 0; n < len(text); n++ {
		if !isQuote(text[n]) {
			continue
		}
		end := skipQuoted(text, n)
		if lit := text[n:end]; lit[0] == '\'' && !utf8.ValidString(lit) {
			b.WriteString(text[from:n])
			b.WriteString("0x" + hex.EncodeToString([]byte(unescapeLiteral(lit))))
			from = end
		}
		n = end - 1
	}
	b.WriteString(text[from:])
	return b.String()
}

// unescapeLiteral returns the value of a string literal of SHOW CREATE TABLE.
func unescapeLiteral(lit string) string {
	inner := lit[1 : len(lit)-1]
	out := make([]byte, 0, len(inner))
	for n := 0; n < len(inner); n++ {
		c := inner[n]
		if c == '\'' {
			n++
		} else if c == '\\' && n+1 < len(inner) {
			n++
			c = unescaped(inner[n])
		}
		out = append(out, c)
	}
	return string(out)
}

func unescaped(c byte) byte {
	switch c {
	case '0':
		return 0
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	case 'b':
		return '\b'
	case 'Z':
		return 26
	}
	return c
}
