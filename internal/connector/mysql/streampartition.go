package mysql

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/pingcap/tidb/pkg/parser/ast"

	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/connector/mysql/binlog"
)

// clauseForm is where the clauses of an ALTER TABLE begin.
var clauseForm = regexp.MustCompile(`(?is)^ALTER\s+(?:ONLINE\s+)?(?:IGNORE\s+)?TABLE\s+(?:IF\s+EXISTS\s+)?` + nameText + `\s*(?:WAIT\s+\d+\s+|NOWAIT\s+)?`)

// partitioningOf is what a clause does to partitions; nil when it is about something else, or changes nothing that a target would have.
func partitioningOf(spec *ast.AlterTableSpec, q binlog.Statement) *connector.Partitioning {
	sql := skipComments(string(q.SQL))
	head := clauseForm.FindString(sql)
	if head == "" {
		return nil
	}
	p := &connector.Partitioning{Clause: strings.TrimSpace(sql[len(head):])}
	if q.Mode&binlog.ModeAnsiQuotes != 0 && !strings.ContainsAny(p.Clause, "'`") {
		p.Clause = strings.ReplaceAll(p.Clause, `"`, "`")
	}
	for _, n := range spec.PartitionNames {
		p.Old = append(p.Old, n.O)
	}
	for _, d := range spec.PartDefinitions {
		p.New = append(p.New, d.Name.O)
	}
	switch spec.Tp {
	case ast.AlterTableAddPartitions, ast.AlterTableReorganizePartition, ast.AlterTableCoalescePartitions, ast.AlterTablePartition,
		ast.AlterTableRemovePartitioning:
	case ast.AlterTableDropPartition:
		p.Unlogged = "dropping a partition"
	case ast.AlterTableTruncatePartition:
		p.Unlogged, p.Empties = "emptying a partition", true
	case ast.AlterTableExchangePartition:
		p.Unlogged, p.Foreign = "exchanging a partition", true
	default:
		return nil
	}
	return p
}

// zoned are the functions whose value depends on the session's time zone, which the target need not share.
var zoned = regexp.MustCompile(`(?i)\bUNIX_TIMESTAMP\s*\(`)

// repartitioned reports a change of partitions. Columns stay as they are.
func (s *stream) repartitioned(ctx context.Context, t *followedTable, p *connector.Partitioning) error {
	p.Ignored = s.options.keepPartitioned
	if len(p.New) > 0 && zoned.MatchString(p.Clause) {
		if err := s.valued(ctx, t, p); err != nil {
			return err
		}
	}
	s.report(connector.Structure{Kind: connector.Altered, Number: t.Number, Table: t.Table, Partitions: p})
	return nil
}

// valued writes new partitions with the values that the server has made of their expressions, as far as it has them still.
func (s *stream) valued(ctx context.Context, t *followedTable, p *connector.Partitioning) error {
	now, err := s.describe(ctx, t.Table.Name)
	if err != nil || now == nil {
		return err
	}
	l := dividedBy(now)
	var made []string
	for _, name := range p.New {
		at := l.find(name)
		if at < 0 || !strings.HasPrefix(l.By, "RANGE") {
			return nil
		}
		values := "(" + l.Parts[at].Values + ")"
		if l.Parts[at].Values == "MAXVALUE" {
			values = "MAXVALUE"
		}
		made = append(made, fmt.Sprintf("PARTITION %s VALUES LESS THAN %s", quoteIdent(name), values))
	}
	head, _, found := strings.Cut(p.Clause, "(")
	if found {
		p.Clause = head + "(" + strings.Join(made, ", ") + ")"
	}
	return nil
}
