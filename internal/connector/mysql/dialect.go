package mysql

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// Dialect writes DDL for MySQL and MariaDB. Its zero value writes for a server not yet known.
type Dialect struct {
	Flavour Flavour
	// Version is the target's, 101119 for 10.11.19; 0 means unknown.
	Version int
	// IndexesFirst keeps secondary indexes in CREATE TABLE, to be built while the rows arrive.
	IndexesFirst bool
	// Histories says that the server can be given the earlier rows of system-versioned tables.
	Histories bool
}

var _ connector.Dialect = Dialect{}

// Dialect is the one for this very server.
func (t *target) Dialect() connector.Dialect {
	r := parseVersion(t.host.version)
	return Dialect{Flavour: r.flavour, Version: r.version, Histories: t.histories}
}

// maxName is in characters for every kind of name but aliases.
const maxName = 64

// Quote quotes an identifier with backticks, which every sql_mode takes.
func (Dialect) Quote(name string) string { return quoteIdent(name) }

// MaxName is 64 characters.
func (Dialect) MaxName() int { return maxName }

// NameLength counts characters.
func (Dialect) NameLength(name string) int { return utf8.RuneCountInString(name) }

// CreateSchema creates a database with its character set, collation and comment.
func (d Dialect) CreateSchema(s *catalog.Schema) []catalog.Statement {
	sql := "CREATE DATABASE IF NOT EXISTS " + quoteIdent(s.Name)
	if s.Charset != "" {
		sql += " CHARACTER SET " + s.Charset
	} else {
		sql += " CHARACTER SET utf8mb4"
	}
	if s.Collation != "" {
		sql += " COLLATE " + d.collation(s.Collation)
	}
	switch {
	case s.Comment == "" || d.Flavour == MySQL:
	case d.Flavour == MariaDB:
		sql += " COMMENT " + quoteString(s.Comment)
	case !strings.Contains(s.Comment, "*/"):
		sql += " /*M!100502 COMMENT " + quoteString(s.Comment) + "*/"
	}
	return []catalog.Statement{{SQL: sql, Makes: catalog.Ref{Kind: catalog.SchemaRef, Name: catalog.Name{Schema: s.Name, Name: s.Name}}}}
}

// CreateSequence creates a sequence of MariaDB and sets its value; MySQL has none.
func (d Dialect) CreateSequence(s *catalog.Sequence) []catalog.Statement {
	if d.Flavour == MySQL {
		return nil
	}
	create := catalog.Statement{SQL: sequenceDDL(s), Makes: catalog.Ref{Kind: catalog.SequenceRef, Name: s.Name}}
	called := 0
	if s.Called {
		called = 1
	}
	return []catalog.Statement{create, {SQL: fmt.Sprintf("DO SETVAL(%s, %d, %d)", quoteTable(s.Name), s.Last, called)}}
}

func sequenceDDL(s *catalog.Sequence) string {
	increase := s.Increase
	if increase == 0 && s.Engine == "" { // else it is MariaDB's own, where 0 leaves the steps to auto_increment_increment
		increase = 1
	}
	sql := fmt.Sprintf("CREATE SEQUENCE %s START WITH %d MINVALUE %d MAXVALUE %d INCREMENT BY %d", quoteTable(s.Name), s.Start,
		max(s.Min, minSequence), min(s.Max, maxSequence), increase)
	if s.Cache > 1 {
		sql += fmt.Sprintf(" CACHE %d", s.Cache)
	} else {
		sql += " NOCACHE"
	}
	if s.Cycle {
		sql += " CYCLE"
	} else {
		sql += " NOCYCLE"
	}
	if s.Engine != "" {
		sql += " ENGINE=" + s.Engine
	}
	if s.Comment != "" {
		sql += " COMMENT=" + quoteString(s.Comment)
	}
	return sql
}

// MariaDB keeps the outermost values of a bigint for itself.
const (
	minSequence = -1<<63 + 1
	maxSequence = 1<<63 - 2
)

// CreateView creates a view.
func (d Dialect) CreateView(v *catalog.View) []catalog.Statement {
	makes := catalog.Ref{Kind: catalog.ViewRef, Name: v.Name}
	if len(v.DDL) == 0 {
		return []catalog.Statement{{SQL: "CREATE VIEW " + quoteTable(v.Name) + " AS " + v.Query, Makes: makes}}
	}
	out := make([]catalog.Statement, len(v.DDL))
	for n, sql := range v.DDL {
		out[n].SQL = d.translate(sql)
		if strings.HasPrefix(sql, "CREATE ") {
			out[n].Makes = makes
		}
	}
	return out
}

// Drop drops a table, if it is there.
func (Dialect) Drop(n catalog.Name) catalog.Statement {
	return catalog.Statement{SQL: "DROP TABLE IF EXISTS " + quoteTable(n)}
}

// Truncate empties a table.
func (Dialect) Truncate(n catalog.Name) catalog.Statement {
	return catalog.Statement{SQL: "TRUNCATE TABLE " + quoteTable(n)}
}
