package mysql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"reflect"
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
		st.Echo = s.request.Loopback != (catalog.Name{}) && strings.Contains(string(q.SQL), ddlMark)
		st.At, st.SQL, st.Lenient, st.Padded = at, string(q.SQL), !q.Strict() || ignores.Match(q.SQL), q.Padded()
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

// ignores finds the word by which MariaDB takes what a strict session refuses.
var ignores = regexp.MustCompile(`(?i)\bALTER\s+(?:ONLINE\s+)?IGNORE\s`)

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
		return s.created(ctx, c.table, c, false)
	case t == nil && c.to != (catalog.Name{}):
		return s.created(ctx, c.to, ddlChange{}, true)
	case t == nil, t.lost && c.kind != connector.Dropped, t.has(&s.tx, s.at):
		return nil
	case c.kind == connector.Created && !c.replaces:
		return nil // IF NOT EXISTS
	case c.kind == connector.Created: // OR REPLACE: what was there goes with its rows
		s.report(connector.Structure{Kind: connector.Dropped, Number: t.Number, Table: t.Table})
		return s.created(ctx, c.table, c, false)
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
func (s *stream) created(ctx context.Context, n catalog.Name, c ddlChange, entered bool) error {
	if s.request.Wanted == nil || strings.HasPrefix(strings.ToLower(n.Name), "awsdms_") || !s.request.Wanted(n) {
		return nil
	}
	made, err := s.told(ctx, n, c)
	if err != nil {
		return err
	}
	now, err := s.describe(ctx, n)
	if err != nil {
		return err
	}
	switch {
	case made != nil && (now == nil || !sameColumns(now, made)):
		now = made
	case made != nil:
		asTold(now, nil, made)
	case now != nil:
		if err := s.assume(ctx, now); err != nil {
			return err
		}
	}
	if now != nil {
		s.report(connector.Structure{Kind: connector.Created, Number: -1, Table: now, Entered: entered, Before: entered})
	}
	return nil
}

// told is the new table as its statement tells it; nil when that does not tell its columns.
func (s *stream) told(ctx context.Context, n catalog.Name, c ddlChange) (*catalog.Table, error) {
	switch {
	case c.create != nil:
		collation, err := s.collation(ctx, n.Schema)
		return createTable(n, c.create, collation), err
	case c.like != (catalog.Name{}):
		if of := s.tables[s.fold(c.like)]; of != nil && !of.lost {
			made := copyTable(of.Table)
			made.Name = n
			return made, nil
		}
	}
	return nil, nil
}

// collation is that of a database's new tables.
func (s *stream) collation(ctx context.Context, schema string) (string, error) {
	var collation string
	err := s.source.host.control.QueryRowContext(ctx, "SELECT default_collation_name FROM information_schema.schemata WHERE schema_name = ?", schema).Scan(&collation)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", classify(ctx, fmt.Errorf("ask for the collation of database %s: %w", schema, err))
	}
	return collation, nil
}

func (s *stream) describe(ctx context.Context, n catalog.Name) (*catalog.Table, error) {
	var found map[catalog.Name]*connector.Existing
	err := patiently(func() (err error) { // it may go while it is looked at
		found, err = describe(ctx, s.source.host.control, []catalog.Name{n})
		return classify(ctx, err)
	}, connector.Missing)
	if err != nil {
		return nil, err
	}
	if e := found[n]; e != nil {
		return e.Table, nil
	}
	return nil, nil
}

// altered reports what became of a table. The structure is followed through the stream, statement by statement; the
// server, which may be many statements ahead, is believed where it says the same, because it tells more.
func (s *stream) altered(ctx context.Context, t *followedTable, c ddlChange) error {
	if err := s.doubted(t, c); err != nil {
		s.unreadable(t, err)
		return nil
	}
	name := c.to
	if name == (catalog.Name{}) {
		name = t.Table.Name
	}
	var after *catalog.Table
	var renamed map[string]string
	failed := errors.New("the statement cannot be read, and the server has no such table any more")
	if c.known {
		after, renamed, failed = alterTable(t.Table, c.clauses)
		if failed == nil {
			after.Name = name
		}
	}
	now, err := s.describe(ctx, name)
	if err != nil {
		return err
	}
	switch {
	case now != nil && after == nil:
		after = now
		if err := s.assume(ctx, now); err != nil {
			return err
		}
	case now != nil && sameColumns(now, after):
		if text := t.Table.Native[nativeAssumed]; text != "" { // still, where the statement has changed nothing
			(&alteration{table: now}).setNative(nativeAssumed, text)
		}
		asTold(now, t.Table, after)
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
	st := connector.Structure{Kind: connector.Altered, Number: t.Number, Table: after, Renamed: renamed}
	if slices.ContainsFunc(c.clauses, func(c clause) bool { _, is := c.(*versioning); return is }) {
		st.Unfollowed = "system versioning begins or ends in the source, and stays as it is on the target"
	}
	s.report(st)
	return nil
}

// asTold takes back from a table as the server has it what a later statement may have made of its columns: their types, of which each step may
// change values, their defaults, NOT NULL where nothing so far has made them so, and the primary key. before is the table before the statement, nil for a new one.
func asTold(now, before, told *catalog.Table) {
	if before != nil && !sameKey(now.PrimaryKey, told.PrimaryKey) {
		now.PrimaryKey = told.PrimaryKey
	}
	for _, c := range now.Columns {
		then := told.Column(c.Name)
		if then == nil {
			continue
		}
		if !sameDefault(c, then) {
			c.Default = then.Default
		}
		if then.BaseType == c.BaseType && !reflect.DeepEqual(then.Type, c.Type) || isFloat(c) && strings.Contains(then.NativeType, "(") != strings.Contains(c.NativeType, "(") {
			c.NativeType, c.Type = then.NativeType, then.Type
		}
		if before != nil && !then.NotNull {
			if old := before.Column(c.Name); old != nil && !old.NotNull {
				c.NotNull = false
			}
		}
	}
}

func sameKey(a, b *catalog.Key) bool {
	return a == nil && b == nil || a != nil && b != nil && slices.EqualFunc(a.Columns, b.Columns, strings.EqualFold)
}

func isFloat(c *catalog.Column) bool { return c.BaseType == "float" || c.BaseType == "double" }

// assume notes that a table is taken to be as the server has it now, for want of a statement that tells. It may be so only after
// statements that the stream has not come to, which may be in another process: the note is part of the table, which a run remembers.
func (s *stream) assume(ctx context.Context, t *catalog.Table) error {
	end, err := s.source.End(ctx)
	if err != nil {
		return err
	}
	p, err := parsePosition(end, s.source.host.mariadb)
	if err != nil {
		return err
	}
	(&alteration{table: t}).setNative(nativeAssumed, position{file: p.file, offset: p.offset}.String())
	return nil
}

// doubted fails for a table that was assumed to be as the server had it when this statement had changed it already: rows before it
// may have been read wrongly.
func (s *stream) doubted(t *followedTable, c ddlChange) error {
	text := t.Table.Native[nativeAssumed]
	if text == "" || c.known && len(c.clauses) == 0 && c.to == (catalog.Name{}) {
		return nil
	}
	until, err := parsePosition(text, s.source.host.mariadb)
	if err != nil {
		return err
	}
	past, err := comparePositions(position{file: s.at.file, offset: s.at.offset}, until)
	if err != nil || past > 0 {
		return nil
	}
	return errors.New("a statement that changed it cannot be read, and another has followed before the server could be asked; load the table anew")
}

// sameColumns reports whether the rows of two tables are read alike: they have the same columns of the same types in the same order.
func sameColumns(a, b *catalog.Table) bool {
	return hiddenColumns(a) == hiddenColumns(b) && slices.EqualFunc(a.Columns, b.Columns, func(x, y *catalog.Column) bool {
		return strings.EqualFold(x.Name, y.Name) && (x.BaseType == y.BaseType || x.BaseType == "longtext" && y.BaseType == "json") &&
			strings.Contains(x.NativeType, "unsigned") == strings.Contains(y.NativeType, "unsigned") &&
			sameText(x, y) && sameLength(x, y) && slices.Equal(members(x), members(y))
	})
}

// sameText reports whether two columns have the same character set, as far as both tell.
func sameText(x, y *catalog.Column) bool {
	return x.BaseType != y.BaseType || x.Charset == "" || y.Charset == "" || strings.Replace(x.Charset, "utf8mb3", "utf8", 1) == strings.Replace(y.Charset, "utf8mb3", "utf8", 1)
}

// sameLength reports whether two columns of a type that is logged without its padding have the same length.
func sameLength(x, y *catalog.Column) bool {
	return x.BaseType != "binary" || declaredLength(x.NativeType, 1) == declaredLength(y.NativeType, 1)
}

// members are those of an ENUM or SET.
func members(c *catalog.Column) []string {
	if c.BaseType != "enum" && c.BaseType != "set" {
		return nil
	}
	return labelsOf(c.NativeType)
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
