package mysql

import (
	"fmt"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/connector"
)

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
