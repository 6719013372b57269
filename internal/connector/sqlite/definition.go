package sqlite

import "strings"

// definition is what only the text of a CREATE TABLE statement tells: SQLite's pragmas show neither checks nor the
// names of constraints nor collations nor the expressions of generated columns.
type definition struct {
	name    string
	columns []columnText
	// Constraints of columns and of the table, in the order they are written.
	checks   []constraintText
	keys     []constraintText // primary key and unique
	foreign  []constraintText
	autoincr bool
	// What a statement is rewritten by: where the name stands in it, and the items between the parentheses.
	nameAt textSpan
	items  []itemText
}

// textSpan is a part of a statement, from its first byte to the one after its last.
type textSpan struct{ from, to int }

// itemText is a column, with where its name and its type stand, or constraints of the table.
type itemText struct {
	textSpan
	column     string
	name, kind textSpan
	primary    bool
}

type columnText struct {
	name      string
	collation string
	generated string
}

type constraintText struct {
	name       string
	primary    bool
	columns    []string
	expression string
	deferrable string
}

// parseTable reads a CREATE TABLE statement. Of a text it does not understand it returns what it has read.
func parseTable(sql string) definition {
	p := tableParser{sql: sql, ts: tokenize(sql)}
	p.header()
	for p.ok() && !p.at(")") {
		p.item()
		if p.at(",") {
			p.i++
		}
	}
	return p.def
}

type tableParser struct {
	sql string
	ts  []token
	i   int
	def definition
}

func (p *tableParser) ok() bool           { return p.i < len(p.ts) }
func (p *tableParser) at(s string) bool   { return p.ok() && p.ts[p.i].isPunct(s) }
func (p *tableParser) word(s string) bool { return p.ok() && p.ts[p.i].is(s) }

// header goes past the parenthesis that opens the list of columns.
func (p *tableParser) header() {
	for p.ok() && !p.at("(") {
		if p.ts[p.i].isName() {
			p.def.name, p.def.nameAt = p.ts[p.i].text, textSpan{p.ts[p.i].from, p.ts[p.i].to}
		}
		p.i++
	}
	p.i++
}

// item reads a column or table constraints, up to a comma or the closing parenthesis.
func (p *tableParser) item() {
	column := ""
	it := itemText{textSpan: textSpan{from: p.ts[p.i].from}}
	keys := len(p.def.keys)
	defer func() {
		it.to = p.ts[min(p.i, len(p.ts))-1].to
		for _, k := range p.def.keys[keys:] {
			it.primary = it.primary || k.primary
		}
		p.def.items = append(p.def.items, it)
	}()
	if !p.startsConstraint() && p.ts[p.i].isName() {
		column = p.ts[p.i].text
		p.def.columns = append(p.def.columns, columnText{name: column})
		it.column, it.name = column, textSpan{p.ts[p.i].from, p.ts[p.i].to}
		p.i++
		it.kind = p.typeSpan()
	}
	name := ""
	for p.ok() && !p.at(",") && !p.at(")") {
		switch t := p.ts[p.i]; {
		case t.is("CONSTRAINT"):
			p.i++
			if p.ok() {
				name = p.ts[p.i].text
			}
			p.i++
		case p.clause(column, name):
			name = ""
		case p.at("("):
			p.group()
		default:
			p.i++
		}
	}
}

// typeSpan finds the type of a column, which begins at p.i; it is empty when the column has none.
func (p *tableParser) typeSpan() textSpan {
	at := p.ts[p.i-1].to
	kind := textSpan{at, at}
	for i := p.i; i < len(p.ts) && p.ts[i].isName() && !p.ts[i].startsClause(); i++ {
		if kind.from == at {
			kind.from = p.ts[i].from
		}
		kind.to = p.ts[i].to
		if i+1 < len(p.ts) && p.ts[i+1].isPunct("(") {
			for i++; i < len(p.ts) && !p.ts[i].isPunct(")"); i++ {
			}
			if i < len(p.ts) {
				kind.to = p.ts[i].to
			}
			break
		}
	}
	return kind
}

// startsClause reports whether the token ends the type of a column.
func (t token) startsClause() bool {
	switch strings.ToUpper(t.text) {
	case "CONSTRAINT", "PRIMARY", "NOT", "NULL", "UNIQUE", "CHECK", "DEFAULT", "COLLATE", "REFERENCES", "GENERATED", "AS":
		return t.kind == word
	}
	return false
}

func (p *tableParser) startsConstraint() bool {
	for _, k := range []string{"CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"} {
		if p.word(k) {
			return true
		}
	}
	return false
}

// clause reads one constraint or attribute and reports whether there was one.
func (p *tableParser) clause(column, name string) bool {
	switch t := p.ts[p.i]; {
	case t.is("CHECK"):
		p.i++
		p.def.checks = append(p.def.checks, constraintText{name: name, expression: p.group()})
	case t.is("PRIMARY"), t.is("UNIQUE"):
		p.key(column, name, t.is("PRIMARY"))
	case t.is("FOREIGN"):
		p.i += 2 // KEY
		columns := p.names()
		p.references(name, columns)
	case t.is("REFERENCES"):
		p.references(name, []string{column})
	case t.is("AUTOINCREMENT"):
		p.def.autoincr = true
		p.i++
	case t.is("COLLATE") && column != "":
		p.i++
		if p.ok() {
			p.def.columns[len(p.def.columns)-1].collation = p.ts[p.i].text
			p.i++
		}
	case t.is("AS") && column != "":
		p.i++
		p.def.columns[len(p.def.columns)-1].generated = p.group()
	default:
		return false
	}
	return true
}

func (p *tableParser) key(column, name string, primary bool) {
	p.i++
	if primary {
		p.i++ // KEY
	}
	columns := []string{column}
	if column == "" {
		columns = p.names()
	}
	p.def.keys = append(p.def.keys, constraintText{name: name, primary: primary, columns: columns})
}

// references reads REFERENCES table (columns) with its actions, up to the next constraint.
func (p *tableParser) references(name string, columns []string) {
	c := constraintText{name: name, columns: columns}
	not := false
	for p.ok() && !p.at(",") && !p.at(")") {
		t := p.ts[p.i]
		if len(c.columns) > 0 && (t.is("CONSTRAINT") || t.is("CHECK") || t.is("UNIQUE") || t.is("PRIMARY") || t.is("COLLATE") || t.is("AS") || t.is("FOREIGN")) {
			break
		}
		switch {
		case p.at("("):
			p.group()
			continue
		case t.is("DEFERRABLE"):
			c.deferrable = "DEFERRABLE"
			if not {
				c.deferrable = ""
			}
		case t.is("DEFERRED") && c.deferrable != "":
			c.deferrable = "DEFERRABLE INITIALLY DEFERRED"
		}
		not = t.is("NOT")
		p.i++
	}
	p.def.foreign = append(p.def.foreign, c)
}

// group goes past a parenthesized text and returns it without the parentheses.
func (p *tableParser) group() string {
	if !p.at("(") {
		return ""
	}
	from, depth := p.ts[p.i].to, 0
	for ; p.ok(); p.i++ {
		switch {
		case p.at("("):
			depth++
		case p.at(")"):
			depth--
			if depth == 0 {
				text := p.sql[from:p.ts[p.i].from]
				p.i++
				return strings.TrimSpace(text)
			}
		}
	}
	return strings.TrimSpace(p.sql[min(from, len(p.sql)):])
}

// names reads a parenthesized list of columns, of which each may carry COLLATE, ASC or DESC.
func (p *tableParser) names() []string {
	var names []string
	expect, depth := true, 0
	for ; p.ok(); p.i++ {
		switch t := p.ts[p.i]; {
		case t.isPunct("("):
			depth++
		case t.isPunct(")"):
			depth--
			if depth == 0 {
				p.i++
				return names
			}
		case t.isPunct(","):
			expect = true
		case expect && t.isName():
			names, expect = append(names, t.text), false
		}
	}
	return names
}
