package mysql

import (
	"regexp"
	"slices"
	"strings"

	"github.com/pingcap/tidb/pkg/parser"
	"github.com/pingcap/tidb/pkg/parser/ast"
	parsermysql "github.com/pingcap/tidb/pkg/parser/mysql"
	_ "github.com/pingcap/tidb/pkg/parser/test_driver" // the parser's values

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/connector/mysql/binlog"
)

// ddlChange is what a statement does to one table.
type ddlChange struct {
	kind  connector.StructureKind
	table catalog.Name
	// to is the table's new name, when it gets one.
	to catalog.Name
	// clauses are those of an ALTER TABLE that matter to columns. known is false when the statement could not be read: then
	// the server is asked what came of it.
	clauses []clause
	known   bool
	create  *creation // nil when its columns come from elsewhere
	// like is the table whose columns it gets.
	like catalog.Name
	// whole says that all tables of the schema are meant.
	whole bool
	// replaces says that a table that is there is replaced.
	replaces bool
	// unlogged says which rows the statement changes without logging them.
	unlogged string
	// partitions is a change of partitions, and of nothing else.
	partitions *connector.Partitioning
}

// parseDDL reads what a statement does to tables; nothing for statements about anything else.
func parseDDL(q binlog.Statement, mariadb bool) []ddlChange {
	p := parser.New()
	p.SetMariaDB(mariadb)
	p.SetSQLMode(parserMode(q.Mode))
	sql := string(q.SQL)
	statements, _, err := p.ParseSQL(sql)
	if err != nil || len(statements) != 1 {
		return readDDL(q, mariadb)
	}
	name := func(t *ast.TableName) catalog.Name {
		if t.Schema.O == "" {
			return catalog.Name{Schema: q.Schema, Name: t.Name.O}
		}
		return catalog.Name{Schema: t.Schema.O, Name: t.Name.O}
	}
	switch st := statements[0].(type) {
	case *ast.CreateTableStmt:
		if st.TemporaryKeyword != ast.TemporaryNone {
			return nil
		}
		c := ddlChange{kind: connector.Created, table: name(st.Table)}
		switch {
		case st.ReferTable != nil:
			c.like = name(st.ReferTable)
		case st.Select == nil:
			c.create = parsedCreation(st)
		}
		return []ddlChange{c}
	case *ast.AlterTableStmt:
		return alterOf(st, name, q)
	case *ast.DropTableStmt:
		if st.IsView || st.TemporaryKeyword != ast.TemporaryNone {
			return nil
		}
		var out []ddlChange
		for _, t := range st.Tables {
			out = append(out, ddlChange{kind: connector.Dropped, table: name(t)})
		}
		return out
	case *ast.DropDatabaseStmt:
		return []ddlChange{{kind: connector.Dropped, table: catalog.Name{Schema: st.Name.O}, whole: true}}
	case *ast.TruncateTableStmt:
		return []ddlChange{{kind: connector.Truncated, table: name(st.Table)}}
	case *ast.RenameTableStmt:
		var out []ddlChange
		for _, r := range st.TableToTables {
			out = append(out, ddlChange{kind: connector.Altered, table: name(r.OldTable), to: name(r.NewTable), known: true})
		}
		return out
	}
	return nil
}

func parserMode(mode uint64) parsermysql.SQLMode {
	var m parsermysql.SQLMode
	if mode&binlog.ModeAnsiQuotes != 0 {
		m |= parsermysql.ModeANSIQuotes
	}
	if mode&binlog.ModeNoBackslashEscapes != 0 {
		m |= parsermysql.ModeNoBackslashEscapes
	}
	return m
}

func alterOf(st *ast.AlterTableStmt, name func(*ast.TableName) catalog.Name, q binlog.Statement) []ddlChange {
	c := ddlChange{kind: connector.Altered, table: name(st.Table), clauses: parsedClauses(st.Specs), known: true}
	all := []ddlChange{c}
	for _, spec := range st.Specs {
		switch spec.Tp {
		case ast.AlterTableRenameTable:
			all[0].to = name(spec.NewTable)
		case ast.AlterTableExchangePartition: // the other table gets the partition's rows
			all = append(all, ddlChange{kind: connector.Altered, table: name(spec.NewTable), unlogged: "exchanging it for a partition"})
		case ast.AlterTableDiscardTablespace, ast.AlterTableImportTablespace,
			ast.AlterTableDiscardPartitionTablespace, ast.AlterTableImportPartitionTablespace:
			all[0].unlogged = "replacing the tablespace"
		}
	}
	p := ofPartitions(st.Specs, q)
	switch {
	case p == nil:
	case p.Unlogged != "" && copies(st.Specs):
		all[0].unlogged = p.Unlogged
	case all[0].to == (catalog.Name{}) && len(all[0].clauses) == 0:
		all[0].partitions = p
	default: // the rest of the statement comes first
		divided := ddlChange{kind: connector.Altered, table: all[0].table, partitions: p}
		if all[0].to != (catalog.Name{}) {
			divided.table = all[0].to
		}
		all = append(all, divided)
	}
	return all
}

// copies reports whether a statement is carried out by copying the table: rows of a dropped partition then go to another that takes
// them (https://dev.mysql.com/doc/refman/8.4/en/innodb-online-ddl-operations.html, partitioning operations).
func copies(specs []*ast.AlterTableSpec) bool {
	return slices.ContainsFunc(specs, func(s *ast.AlterTableSpec) bool {
		return s.Tp == ast.AlterTableAlgorithm && s.Algorithm == ast.AlgorithmTypeCopy
	})
}

// nameText is an identifier with or without quotes. It holds both cases of every letter; without "-i" the compiler would fold
// each character of Unicode, in every form below, each time the program starts.
const nameText = "((?-i:(?:`(?:[^`]|``)+`|\"(?:[^\"]|\"\")+\"|[\\w$\\x{80}-\\x{10ffff}]+)(?:\\s*\\.\\s*(?:`(?:[^`]|``)+`|\"(?:[^\"]|\"\")+\"|[\\w$\\x{80}-\\x{10ffff}]+))?))"

// ddlForms recognize the beginnings of statements that the parser does not read whole: MariaDB's own words.
var ddlForms = []struct {
	kind connector.StructureKind
	form *regexp.Regexp
}{
	{connector.Altered, regexp.MustCompile(`(?is)^ALTER\s+(?:ONLINE\s+)?(?:IGNORE\s+)?TABLE\s+(?:IF\s+EXISTS\s+)?` + nameText)},
	{connector.Created, regexp.MustCompile(`(?is)^CREATE\s+(?:OR\s+REPLACE\s+)?TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?` + nameText)},
	{connector.Dropped, regexp.MustCompile(`(?is)^DROP\s+TABLE\s+(?:IF\s+EXISTS\s+)?(` + nameText + `(?:\s*,\s*` + nameText + `)*)`)},
	{connector.Truncated, regexp.MustCompile(`(?is)^TRUNCATE\s+(?:TABLE\s+)?` + nameText)},
}

var (
	renameForm   = regexp.MustCompile(`(?is)^RENAME\s+TABLES?\s+(?:IF\s+EXISTS\s+)?(.*)$`)
	renamePair   = regexp.MustCompile(`(?is)` + nameText + `\s+(?:WAIT\s+\d+\s+|NOWAIT\s+)?TO\s+` + nameText)
	replaceForm  = regexp.MustCompile(`(?is)^CREATE\s+OR\s+REPLACE\s`)
	anyName      = regexp.MustCompile(nameText)
	renameClause = regexp.MustCompile(`(?is)[\s,)]RENAME\s+(?:TO\s+|AS\s+|=\s*)?` + nameText + `\s*$`)
	partForm     = regexp.MustCompile(`(?is)^(?:ADD|REORGANIZE|COALESCE)\s+PARTITION\s`)
	leavesForm   = regexp.MustCompile(`(?is)\sCONVERT\s+PARTITION\s+(?:` + nameText + `)\s+TO\s+TABLE\s+` + nameText)
	joinsForm    = regexp.MustCompile(`(?is)\sCONVERT\s+TABLE\s+` + nameText + `\s+TO\s+PARTITION\s`)
	unloggedForm = regexp.MustCompile(`(?is)\s(?:DROP|TRUNCATE|EXCHANGE)\s+PARTITION\s|\sCONVERT\s+(?:PARTITION|TABLE)\s|\s(?:DISCARD|IMPORT)\s+(?:PARTITION\s.*)?TABLESPACE`)
)

// guessDDL reads as much of a statement as it takes to know which tables it is about.
func guessDDL(sql, schema string) []ddlChange {
	sql = skipComments(sql)
	if m := renameForm.FindStringSubmatch(sql); m != nil {
		var out []ddlChange
		for _, pair := range renamePair.FindAllStringSubmatch(m[1], -1) {
			out = append(out, ddlChange{kind: connector.Altered, table: readName(pair[1], schema), to: readName(pair[2], schema), known: true})
		}
		return out
	}
	for _, f := range ddlForms {
		m := f.form.FindStringSubmatch(sql)
		if m == nil {
			continue
		}
		if f.kind == connector.Dropped {
			var out []ddlChange
			for _, n := range anyName.FindAllString(m[1], -1) {
				out = append(out, ddlChange{kind: f.kind, table: readName(n, schema)})
			}
			return out
		}
		c := ddlChange{kind: f.kind, table: readName(m[1], schema), replaces: replaceForm.MatchString(sql)}
		if f.kind == connector.Altered {
			if r := renameClause.FindStringSubmatch(sql); r != nil {
				c.to = readName(r[1], schema)
			}
			if words := unloggedForm.FindString(sql); words != "" {
				c.unlogged = "changing a partition or tablespace (" + strings.ToUpper(strings.Join(strings.Fields(words), " ")) + ")"
			}
			if other := leavesForm.FindStringSubmatch(sql); other != nil { // it has rows that were another table's
				return []ddlChange{c, {kind: f.kind, to: readName(other[2], schema)}}
			}
			if other := joinsForm.FindStringSubmatch(sql); other != nil {
				return []ddlChange{c, {kind: f.kind, table: readName(other[1], schema), unlogged: "making it a partition of another table"}}
			}
			if clause := strings.TrimSpace(sql[len(m[0]):]); partForm.MatchString(clause) {
				c.partitions = &connector.Partitioning{Clause: clause}
			}
		}
		return []ddlChange{c}
	}
	return nil
}

// readName reads a name with or without its schema.
func readName(text, schema string) catalog.Name {
	var parts []string
	for rest := text; rest != ""; {
		rest = strings.TrimLeft(rest, " \t\r\n.")
		if part, after, ok := unquoted(rest); ok {
			parts, rest = append(parts, part), after
			continue
		}
		end := strings.IndexAny(rest, ". \t\r\n")
		if end < 0 {
			end = len(rest)
		}
		if end > 0 {
			parts = append(parts, rest[:end])
		}
		rest = rest[end:]
	}
	switch len(parts) {
	case 0:
		return catalog.Name{Schema: schema}
	case 1:
		return catalog.Name{Schema: schema, Name: parts[0]}
	}
	return catalog.Name{Schema: parts[0], Name: parts[1]}
}
