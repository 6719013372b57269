package mapping

import (
	"errors"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/document"
)

// columnHere stands for the column in the functions of an Override.
const columnHere = "${column-name}"

// Override is a validation rule: what is compared in the place of a column's values.
type Override struct {
	Header
	Locator
	// SourceFunction and TargetFunction are SQL expressions of the source's and of the target's engine, with ${column-name} for the column; an
	// empty one is the value itself.
	SourceFunction, TargetFunction string
}

// validation reads a rule that overrides how a column is compared.
func (p *parser) validation(r *document.Reader, h Header) {
	o := &Override{Header: h}
	word(r, "rule-target", "column")
	word(r, "rule-action", "override-validation-function")
	var lr *document.Reader
	if o.Locator, lr = locate(r, []string{"schema-name", "table-name", "column-name"}); lr != nil {
		lr.Done()
	}
	if r.Take("source-function") == nil && r.Take("target-function") == nil {
		r.Missing("source-function", "an SQL expression with ${column-name} (or a target-function, or both)")
	}
	o.SourceFunction = function(r, "source-function")
	o.TargetFunction = function(r, "target-function")
	p.rules.Overrides = append(p.rules.Overrides, o)
}

func function(r *document.Reader, key string) string {
	text, ok := r.Text(key)
	if !ok || r.Take(key) == nil {
		return ""
	}
	if err := checkFunction(text); err != nil {
		r.Failf(r.Take(key), "is %q, which %s; want one SQL expression such as lower(${column-name})", text, err)
	}
	return text
}

// checkFunction makes sure that a text is one expression, whatever engine reads it: nothing in it can end the statement around it, or begin
// a comment. What is a quote to one engine and not to another is refused: [ quotes names in SQLite alone, ` not in PostgreSQL.
func checkFunction(text string) error {
	depth, named := 0, false
	for i := 0; i < len(text); i++ {
		rest := text[i:]
		switch c := text[i]; {
		case strings.HasPrefix(rest, columnHere):
			named = true
			i += len(columnHere) - 1
		case c == '\'' || c == '"' || c == '`':
			end := strings.IndexByte(text[i+1:], c)
			if end < 0 {
				return errors.New("has a quote that does not end")
			}
			quoted := text[i+1 : i+1+end]
			if strings.ContainsAny(quoted, "\\$") {
				return errors.New("has a \\ or $ within quotes, which not all engines read alike; chr() or char() can make them")
			}
			if c == '`' && !plain(quoted) {
				return errors.New("has " + notPlain + " within ` `, which not all engines read alike")
			}
			i += end + 1
		case c == '[':
			end := strings.IndexByte(rest, ']')
			if end < 0 {
				return errors.New("has a [ that does not end")
			}
			if !plain(rest[1:end]) {
				return errors.New("has " + notPlain + " within [ ], which not all engines read alike")
			}
			i += end
		case c == '(':
			depth++
		case c == ')':
			if depth--; depth < 0 {
				return errors.New("has a ) too many")
			}
		case c == ';' || c == 0 || c == '\\' || c == '$' || c == '#', strings.HasPrefix(rest, "--"), strings.HasPrefix(rest, "/*"):
			return errors.New("has one of ; \\ $ # -- /* outside of quotes")
		}
	}
	switch {
	case depth > 0:
		return errors.New("has a ( too many")
	case !named:
		return errors.New("does not name the column by ${column-name}")
	}
	return nil
}

const notPlain = "a quote, a bracket or one of ; \\ $ # -- /*"

// plain reports whether a text means nothing more to an engine that does not take what is around it for quotes.
func plain(text string) bool {
	return !strings.ContainsAny(text, "'\"`()[];\\$#\x00") && !strings.Contains(text, "--") && !strings.Contains(text, "/*")
}

// overrides finds what is compared in the place of the table's columns.
func (p *planner) overrides(tp *TablePlan) {
	for _, o := range p.rules.Overrides {
		if !o.matchesTable(tp.Source.Name) {
			continue
		}
		for i := range tp.Columns {
			c := &tp.Columns[i]
			if c.Source == nil || !o.Column.Match(c.Source.Name) {
				continue
			}
			p.compared[o] = true
			if c.Compare == nil {
				c.Compare = o
			}
		}
	}
}
