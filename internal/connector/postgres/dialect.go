package postgres

import (
	"fmt"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

var _ connector.Dialect = Dialect{}

// ddlSettings is what a session must set before it runs the statements of a Dialect or of Objects: names are
// qualified, and functions may refer to what does not exist yet.
var ddlSettings = []string{
	"SET search_path = ''", "SET check_function_bodies = off", "SET row_security = off", "SET xmloption = content",
	"SET default_tablespace = ''", "SET default_table_access_method = heap", "SET client_min_messages = warning",
}

// Dialect writes PostgreSQL's DDL.
type Dialect struct{}

// Quote quotes an identifier.
func (Dialect) Quote(name string) string { return quote(name) }

// MaxName is NAMEDATALEN - 1.
func (Dialect) MaxName() int { return maxName }

// NameLength counts bytes.
func (Dialect) NameLength(name string) int { return len(name) }

// CreateSchema makes a schema and its comment.
func (Dialect) CreateSchema(s *catalog.Schema) []catalog.Statement {
	ss := []catalog.Statement{{SQL: "CREATE SCHEMA IF NOT EXISTS " + quote(s.Name), Makes: catalog.Ref{Kind: catalog.SchemaRef, Name: catalog.Name{Name: s.Name}}}}
	return append(ss, comment("SCHEMA "+quote(s.Name), s.Comment)...)
}

// CreateSequence makes a sequence and sets its value.
func (Dialect) CreateSequence(s *catalog.Sequence) []catalog.Statement {
	makes := catalog.Ref{Kind: catalog.SequenceRef, Name: s.Name}
	ss := each(s.DDL, makes)
	if len(ss) == 0 {
		ss = []catalog.Statement{{SQL: "CREATE SEQUENCE " + quoteName(s.Name) + sequenceOptions(s), Makes: makes}}
	}
	if s.Called || s.Last != 0 {
		ss = append(ss, setval(s.Name, s.Last, s.Called))
	}
	return append(ss, comment("SEQUENCE "+quoteName(s.Name), s.Comment)...)
}

// sequenceOptions spells what is not zero.
func sequenceOptions(s *catalog.Sequence) string {
	o := ""
	if s.Type != "" {
		o += " AS " + s.Type
	}
	for _, p := range []struct {
		words string
		value int64
	}{{"INCREMENT BY", s.Increase}, {"MINVALUE", s.Min}, {"MAXVALUE", s.Max}, {"START WITH", s.Start}, {"CACHE", s.Cache}} {
		if p.value != 0 {
			o += fmt.Sprintf(" %s %d", p.words, p.value)
		}
	}
	if s.Cycle {
		o += " CYCLE"
	}
	return o
}

func setval(n catalog.Name, value int64, called bool) catalog.Statement {
	return catalog.Statement{SQL: fmt.Sprintf("SELECT pg_catalog.setval(%s, %d, %t)", quoteLiteral(quoteName(n)), value, called)}
}

// CreateView makes a view, or a materialized view with its indexes; a materialized view is filled by the object
// "materialized view data" that Inspect lists after all others.
func (Dialect) CreateView(v *catalog.View) []catalog.Statement {
	makes := catalog.Ref{Kind: catalog.ViewRef, Name: v.Name}
	ss := each(v.DDL, makes)
	if len(ss) == 0 {
		ss = []catalog.Statement{{SQL: viewDDL(v), Makes: makes}}
	}
	kind := "VIEW "
	if v.Materialized {
		kind = "MATERIALIZED VIEW "
	}
	for _, i := range v.Indexes {
		ss = append(ss, indexStatements(v.Name, false, i)...)
	}
	for _, i := range v.Indexes {
		ss = append(ss, indexFinish(v.Name, i)...)
	}
	ss = append(ss, comment(kind+quoteName(v.Name), v.Comment)...)
	return append(ss, columnComments(v.Name, v.Columns)...)
}

func viewDDL(v *catalog.View) string {
	kind, tail, columns, options := "VIEW ", "", "", ""
	if v.Materialized {
		kind, tail = "MATERIALIZED VIEW ", " WITH NO DATA"
	}
	if v.Options != "" {
		options = " WITH (" + v.Options + ")"
	}
	if len(v.Columns) > 0 {
		names := make([]string, len(v.Columns))
		for i, c := range v.Columns {
			names[i] = c.Name
		}
		columns = " (" + quoteNames(names) + ")"
	}
	return "CREATE " + kind + quoteName(v.Name) + columns + options + " AS\n" + v.Query + tail
}

// Drop removes a table with what depends on it.
func (Dialect) Drop(n catalog.Name) catalog.Statement {
	return catalog.Statement{SQL: "DROP TABLE IF EXISTS " + quoteName(n) + " CASCADE"}
}

// Truncate empties a table; its partitions and children go with it, other tables do not.
func (Dialect) Truncate(n catalog.Name) catalog.Statement {
	return catalog.Statement{SQL: "TRUNCATE " + quoteName(n)}
}

// each makes statements of texts of which the first makes the thing and the others may be run again.
func each(texts []string, makes catalog.Ref) []catalog.Statement {
	var ss []catalog.Statement
	for i, t := range texts {
		s := catalog.Statement{SQL: t}
		if i == 0 {
			s.Makes = makes
		}
		ss = append(ss, s)
	}
	return ss
}

// comment sets a comment, if there is one.
func comment(on, text string) []catalog.Statement {
	if text == "" {
		return nil
	}
	return []catalog.Statement{{SQL: "COMMENT ON " + on + " IS " + quoteLiteral(text)}}
}

func columnComments(n catalog.Name, columns []*catalog.Column) []catalog.Statement {
	var ss []catalog.Statement
	for _, c := range columns {
		ss = append(ss, comment("COLUMN "+quoteName(n)+"."+quote(c.Name), c.Comment)...)
	}
	return ss
}
