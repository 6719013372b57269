package mysql

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/pingcap/tidb/pkg/parser"
	"github.com/pingcap/tidb/pkg/parser/ast"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/connector/mysql/binlog"
)

// alter takes in a statement that may change the structure of tables.
func (s *stream) alter(ctx context.Context, h binlog.Header, q binlog.Statement) error {
	if q.Error != 0 {
		return nil // it failed, in part at least; what it did is logged in its rows
	}
	before := len(s.structures)
	for _, c := range parseDDL(q, s.source.host.mariadb) {
		if err := s.change(ctx, c); err != nil {
			return err
		}
	}
	at := time.Unix(int64(h.Time), 0)
	for _, st := range s.structures[before:] {
		st.At, st.SQL = at, string(q.SQL)
	}
	if len(s.structures) > before && s.group != nil && len(s.group.Ends) > 0 {
		// The changes stand before the statement, and so does their position.
		s.group.Position = s.position()
	}
	if strings.HasSuffix(strings.ToUpper(strings.TrimSpace(string(q.SQL))), "START TRANSACTION") && !s.tx.open {
		s.tx.open = true // MySQL's CREATE TABLE … SELECT: rows and an end follow
	}
	return nil
}

// change takes in what a statement does to one table.
func (s *stream) change(ctx context.Context, c ddlChange) error {
	if c.whole {
		for _, t := range s.sorted() {
			if s.fold(t.Table.Name).Schema == s.fold(c.table).Schema {
				s.report(connector.Structure{Kind: connector.Dropped, Number: t.Number, Table: t.Table})
			}
		}
		return nil
	}
	t := s.tables[s.fold(c.table)]
	switch {
	case t == nil && c.kind == connector.Created:
		return s.created(ctx, c.table, c.create, false)
	case t == nil && c.to != (catalog.Name{}):
		return s.created(ctx, c.to, nil, true)
	case t == nil, t.lost && c.kind != connector.Dropped, t.has(&s.tx, s.at):
		return nil
	case c.kind == connector.Created && !c.replaces:
		return nil // IF NOT EXISTS
	case c.kind == connector.Created:
		return s.altered(ctx, t, ddlChange{kind: connector.Altered, table: c.table})
	case c.partitions != nil:
		return s.repartitioned(ctx, t, c.partitions)
	case c.unlogged != "" && !s.options.keepPartitioned:
		s.unreadable(t, fmt.Errorf("%s changes rows without logging them; load the table anew, or set skipTableSuspensionForPartitionDdl", c.unlogged))
		return nil
	case c.kind == connector.Altered:
		return s.altered(ctx, t, c)
	}
	s.report(connector.Structure{Kind: c.kind, Number: t.Number, Table: t.Table})
	return nil
}

func (s *stream) report(st connector.Structure) { s.structures = append(s.structures, &st) }

// sorted are the followed tables in the order of their numbers.
func (s *stream) sorted() []*followedTable {
	var all []*followedTable
	for _, t := range s.tables {
		all = append(all, t)
	}
	slices.SortFunc(all, func(a, b *followedTable) int { return a.Number - b.Number })
	return all
}

// created reports a new table that is wanted. As in altered, the server is believed where it agrees with the statement.
// One that is gone again, and whose columns the statement does not tell, is left out.
func (s *stream) created(ctx context.Context, n catalog.Name, create *ast.CreateTableStmt, entered bool) error {
	if s.request.Wanted == nil || strings.HasPrefix(strings.ToLower(n.Name), "awsdms_") || !s.request.Wanted(n) {
		return nil
	}
	now, err := s.describe(ctx, n)
	if err != nil {
		return err
	}
	if create != nil {
		if made := createTable(n, create); now == nil || !sameColumns(now, made) {
			now = made
		}
	}
	if now != nil {
		s.report(connector.Structure{Kind: connector.Created, Number: -1, Table: now, Entered: entered})
	}
	return nil
}

func (s *stream) describe(ctx context.Context, n catalog.Name) (*catalog.Table, error) {
	found, err := describe(ctx, s.source.host.control, []catalog.Name{n})
	if err != nil {
		return nil, classify(ctx, err)
	}
	if e := found[n]; e != nil {
		return e.Table, nil
	}
	return nil, nil
}

// altered reports what became of a table. The structure is followed through the stream, statement by statement; the
// server, which may be many statements ahead, is believed where it says the same, because it tells more.
func (s *stream) altered(ctx context.Context, t *followedTable, c ddlChange) error {
	name := c.to
	if name == (catalog.Name{}) {
		name = t.Table.Name
	}
	var after *catalog.Table
	var renamed map[string]string
	failed := errors.New("the statement cannot be read, and the server has no such table any more")
	if c.known {
		after, renamed, failed = alterTable(t.Table, c.specs)
		if failed == nil {
			after.Name = name
		}
	}
	now, err := s.describe(ctx, name)
	if err != nil {
		return err
	}
	if now != nil && (after == nil || sameColumns(now, after)) {
		after = now
	}
	if after == nil {
		s.unreadable(t, failed)
		return nil
	}
	if after.Native[nativeLayout] != t.Table.Native[nativeLayout] { // the server may be ahead with partitions too
		after = dividedBy(t.Table).of(after)
	}
	// Until the receiver follows it, the table is known under its new name and structure.
	delete(s.tables, s.fold(t.Table.Name))
	moved := *t
	moved.Table = after
	s.tables[s.fold(after.Name)] = &moved
	s.unresolve()
	s.report(connector.Structure{Kind: connector.Altered, Number: t.Number, Table: after, Renamed: renamed})
	return nil
}

// sameColumns reports whether two tables have the same columns of the same types in the same order.
func sameColumns(a, b *catalog.Table) bool {
	return slices.EqualFunc(a.Columns, b.Columns, func(x, y *catalog.Column) bool {
		return strings.EqualFold(x.Name, y.Name) && (x.BaseType == y.BaseType || x.BaseType == "longtext" && y.BaseType == "json") &&
			strings.Contains(x.NativeType, "unsigned") == strings.Contains(y.NativeType, "unsigned")
	})
}

// logged gives up the tables that a statement changes which is logged in place of its rows.
func (s *stream) logged(q binlog.Statement) {
	p := parser.New()
	p.SetMariaDB(s.source.host.mariadb)
	p.SetSQLMode(parserMode(q.Mode))
	statements, _, err := p.ParseSQL(string(q.SQL))
	names := &tableNames{schema: q.Schema}
	for _, st := range statements {
		st.Accept(names)
	}
	for _, t := range s.sorted() {
		if t.lost {
			continue
		}
		named := slices.ContainsFunc(names.names, func(n catalog.Name) bool { return s.fold(n) == s.fold(t.Table.Name) })
		if err != nil {
			word := regexp.MustCompile(`(?i)(^|[^\w$])` + regexp.QuoteMeta(t.Table.Name.Name) + `($|[^\w$])`)
			named = strings.EqualFold(t.Table.Name.Schema, q.Schema) && word.Match(q.SQL)
		}
		if named {
			s.unreadable(t, errors.New("a session of the source logs statements in place of rows; SET GLOBAL binlog_format = ROW there, have its sessions reconnect, and load the table anew"))
		}
	}
}

// tableNames collects the tables that a statement names.
type tableNames struct {
	schema string
	names  []catalog.Name
}

func (v *tableNames) Enter(n ast.Node) (ast.Node, bool) {
	if t, ok := n.(*ast.TableName); ok {
		name := catalog.Name{Schema: v.schema, Name: t.Name.O}
		if t.Schema.O != "" {
			name.Schema = t.Schema.O
		}
		v.names = append(v.names, name)
	}
	return n, false
}

func (v *tableNames) Leave(n ast.Node) (ast.Node, bool) { return n, true }
