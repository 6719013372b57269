package mysql

import (
	"github.com/pingcap/tidb/pkg/parser"
	"github.com/pingcap/tidb/pkg/parser/ast"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/connector/mysql/binlog"
)

// readDDL reads a statement that the parser does not read whole. Which tables it is about is told by its beginning; an ALTER TABLE is
// read clause by clause, and of a clause that the parser does not know either, what it does to columns is read here.
func readDDL(q binlog.Statement, mariadb bool) []ddlChange {
	changes := guessDDL(joined(ddlTokens(string(q.SQL), q.Mode)), q.Schema)
	if len(changes) == 0 {
		return changes
	}
	r := &ddlReader{tokens: ddlTokens(string(q.SQL), q.Mode)}
	c := &changes[0]
	switch c.kind {
	case connector.Altered:
		if clauses, ok := readAlter(r, q.Mode, mariadb); ok {
			c.clauses, c.known = clauses, true
			c.to = renamedTo(clauses, c.table, c.to)
		}
	case connector.Created:
		c.create, c.like = readCreate(r, q.Schema)
	}
	return changes
}

// renamedTo is the name that clauses give a table; otherwise when they give none.
func renamedTo(clauses []clause, table, otherwise catalog.Name) catalog.Name {
	for _, c := range clauses {
		if r, ok := c.(*renameTable); ok {
			to := r.to
			if to.Schema == "" {
				to.Schema = table.Schema
			}
			return to
		}
	}
	return otherwise
}

// readAlter reads the clauses of an ALTER TABLE.
func readAlter(r *ddlReader, mode uint64, mariadb bool) ([]clause, bool) {
	if !r.take("ALTER") {
		return nil, false
	}
	r.take("ONLINE")
	r.take("IGNORE")
	if !r.take("TABLE") {
		return nil, false
	}
	r.take("IF", "EXISTS")
	if _, _, ok := r.qualified(); !ok {
		return nil, false
	}
	if r.take("WAIT") {
		r.next()
	}
	r.take("NOWAIT")
	p := parser.New()
	p.SetMariaDB(mariadb)
	p.SetSQLMode(parserMode(mode &^ binlog.ModeAnsiQuotes)) // the tokens have backticks
	var out []clause
	for _, item := range listed(r.rest()) {
		statements, _, err := p.ParseSQL("ALTER TABLE t " + joined(item))
		if st, ok := single(statements).(*ast.AlterTableStmt); ok && err == nil {
			out = append(out, parsedClauses(st.Specs)...)
			continue
		}
		read, ok := readClause(&ddlReader{tokens: item})
		if !ok {
			return nil, false
		}
		out = append(out, read...)
	}
	return out, true
}

func single(statements []ast.StmtNode) ast.StmtNode {
	if len(statements) != 1 {
		return nil
	}
	return statements[0]
}

// readClause reads what a clause does to columns: nothing when it is about anything else.
func readClause(r *ddlReader) ([]clause, bool) {
	switch {
	case r.take("ADD"):
		return readAdd(r)
	case r.take("MODIFY"):
		r.take("COLUMN")
		c := &changeColumn{optional: r.take("IF", "EXISTS")}
		d, ok := readDefinition(r)
		if !ok {
			return nil, false
		}
		c.name, c.to, c.place = d.named, d, readPlacement(r)
		return []clause{c}, true
	case r.take("CHANGE"):
		r.take("COLUMN")
		c := &changeColumn{optional: r.take("IF", "EXISTS")}
		var named bool
		c.name, named = r.name()
		d, ok := readDefinition(r)
		c.to, c.place = d, readPlacement(r)
		return []clause{c}, ok && named
	case r.take("RENAME", "COLUMN"):
		c := &renameColumn{optional: r.take("IF", "EXISTS")}
		var from, to bool
		c.from, from = r.name()
		from = from && r.take("TO")
		c.to, to = r.name()
		return []clause{c}, from && to
	case r.take("ALTER"):
		return readAlterColumn(r)
	case r.take("CONVERT", "TO"):
		charset, collation := readText(r)
		return []clause{&convertText{charset, collation}}, true
	case r.take("DROP"):
		return readDrop(r)
	case r.peek().isOneOf("RENAME"):
		return nil, r.tokens[min(r.at+1, len(r.tokens)-1)].isOneOf("INDEX", "KEY")
	}
	if charset, collation := readText(r); charset != "" || collation != "" {
		return []clause{&setText{charset, collation}}, true
	}
	return nil, true
}

// notColumns begin what is added or dropped that is no column. A column of such a name is quoted, or has COLUMN before it.
var notColumns = []string{"INDEX", "KEY", "FULLTEXT", "SPATIAL", "FOREIGN", "CHECK", "PARTITION"}

func readAdd(r *ddlReader) ([]clause, bool) {
	named := r.take("COLUMN")
	if !named {
		if k, is := readKey(r); is {
			if k == nil {
				return nil, true
			}
			return []clause{k}, true
		}
		if r.take("SYSTEM", "VERSIONING") {
			return []clause{&versioning{}}, true
		}
	}
	add := &addColumns{optional: r.take("IF", "NOT", "EXISTS")}
	if inside, ok := r.parenthesized(); ok {
		c, ok := readBody(inside)
		add.columns = c.columns
		out := []clause{add}
		for _, k := range c.keys {
			out = append(out, k)
		}
		return out, ok
	}
	d, ok := readDefinition(r)
	add.columns, add.place = []definer{d}, readPlacement(r)
	return []clause{add}, ok
}

// readAlterColumn reads what gives a column another default. Indexes and constraints are altered too.
func readAlterColumn(r *ddlReader) ([]clause, bool) {
	if !r.take("COLUMN") && r.peek().isOneOf("INDEX", "KEY", "CHECK", "CONSTRAINT") {
		return nil, true
	}
	s := &setDefault{optional: r.take("IF", "EXISTS")}
	var named bool
	s.name, named = r.name()
	switch {
	case r.take("SET", "DEFAULT"):
		s.value = defaultText(readValue(r))
	case !r.take("DROP", "DEFAULT"):
		return nil, named // SET INVISIBLE
	}
	return []clause{s}, named
}

func readDrop(r *ddlReader) ([]clause, bool) {
	if !r.take("COLUMN") {
		switch {
		case r.take("PRIMARY"):
			return []clause{&dropPrimary{}}, true
		case r.take("SYSTEM", "VERSIONING"):
			return []clause{&versioning{ends: true}}, true
		case r.take("PERIOD", "FOR"), r.take("CONSTRAINT"), r.peek().isOneOf(notColumns...):
			return nil, true
		}
	}
	d := &dropColumn{optional: r.take("IF", "EXISTS")}
	var ok bool
	d.name, ok = r.name()
	return []clause{d}, ok
}

// readKey reads a key or another constraint; is reports whether it is one. Only keys over whole columns come back.
func readKey(r *ddlReader) (k *addKey, is bool) {
	if r.take("CONSTRAINT") {
		is = true
		r.take("IF", "NOT", "EXISTS")
		if !r.peek().isOneOf("PRIMARY", "UNIQUE", "FOREIGN", "CHECK") {
			r.next()
		}
	}
	switch {
	case r.take("PRIMARY", "KEY"), r.take("PRIMARY"):
		k = &addKey{primary: true, key: &catalog.Key{}}
	case r.take("UNIQUE"):
		k = &addKey{key: &catalog.Key{}}
		r.takeOne("KEY", "INDEX")
	case r.peek().isOneOf(notColumns...), r.take("PERIOD", "FOR"), r.take("VECTOR", "INDEX"), r.take("VECTOR", "KEY"):
		return nil, true
	default:
		return nil, is
	}
	for !r.done() && !r.peek().is("(") {
		r.next()
	}
	inside, ok := r.parenthesized()
	if !ok {
		return nil, true
	}
	for _, part := range listed(inside) {
		p := &ddlReader{tokens: part}
		name, named := p.name()
		if !named || p.peek().is("(") { // an expression, or a part of a column
			return nil, true
		}
		k.key.Columns = append(k.key.Columns, name)
	}
	return k, true
}

func readPlacement(r *ddlReader) placement {
	switch {
	case r.take("FIRST"):
		return placement{first: true}
	case r.take("AFTER"):
		name, _ := r.name()
		return placement{after: name}
	}
	return placement{}
}

// readText reads the character set and collation that options name.
func readText(r *ddlReader) (charset, collation string) {
	for !r.done() {
		switch {
		case r.take("CHARACTER", "SET"), r.take("CHAR", "SET"), r.take("CHARSET"):
			r.take("=")
			charset = characterName(r)
		case r.take("COLLATE"):
			r.take("=")
			collation = characterName(r)
		default:
			r.next()
		}
	}
	return charset, collation
}

// readBody reads the columns and keys of a table.
func readBody(inside []ddlToken) (*creation, bool) {
	c := &creation{}
	for _, item := range listed(inside) {
		r := &ddlReader{tokens: item}
		if k, is := readKey(r); is {
			if k != nil {
				c.keys = append(c.keys, k)
			}
			continue
		}
		r.take("COLUMN")
		r.take("IF", "NOT", "EXISTS")
		d, ok := readDefinition(r)
		if !ok {
			return c, false
		}
		c.columns = append(c.columns, d)
	}
	return c, len(c.columns) > 0
}

// readCreate reads a CREATE TABLE: its columns, or the table that it is like, or nothing when they come from elsewhere.
func readCreate(r *ddlReader, schema string) (*creation, catalog.Name) {
	for !r.done() && !r.take("TABLE") {
		r.next()
	}
	r.take("IF", "NOT", "EXISTS")
	if _, _, ok := r.qualified(); !ok {
		return nil, catalog.Name{}
	}
	if r.take("LIKE") {
		return nil, readLike(r, schema)
	}
	inside, ok := r.parenthesized()
	if !ok {
		return nil, catalog.Name{}
	}
	if of := (&ddlReader{tokens: inside}); of.take("LIKE") {
		return nil, readLike(of, schema)
	}
	c, ok := readBody(inside)
	if !ok {
		return nil, catalog.Name{}
	}
	for i, t := range r.rest() {
		if t.isOneOf("SELECT", "AS", "IGNORE", "REPLACE") {
			return nil, catalog.Name{}
		}
		c.versioned = c.versioned || t.is("VERSIONING")
		if t.is("ENGINE") {
			of := &ddlReader{tokens: r.rest()[i+1:]}
			of.take("=")
			c.engine, _ = of.name()
		}
		if t.isOneOf("PARTITION") {
			break
		}
	}
	c.charset, c.collation = readText(r)
	return c, catalog.Name{}
}

func readLike(r *ddlReader, schema string) catalog.Name {
	of, name, ok := r.qualified()
	if !ok {
		return catalog.Name{}
	}
	if of == "" {
		of = schema
	}
	return catalog.Name{Schema: of, Name: name}
}
