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

// ofPartitions finds the clause about partitions among those of an ALTER TABLE, which has one at most: alone, behind words on how it is to
// be carried out, or at the end of clauses about columns.
func ofPartitions(specs []*ast.AlterTableSpec, q binlog.Statement) *connector.Partitioning {
	for _, spec := range specs {
		if p := partitioningOf(spec); p != nil {
			p.Clause = clauseOfPartitions(q)
			if p.Unlogged != "" {
				p.Unlogged += " (" + p.Clause + ")"
			}
			return p
		}
	}
	return nil
}

// partitionBegins are the words that begin a clause about partitions.
var partitionBegins = []string{"ADD", "DROP", "REORGANIZE", "COALESCE", "TRUNCATE", "EXCHANGE"}

// clauseOfPartitions is the part of an ALTER TABLE that is about partitions, in plain quotes.
func clauseOfPartitions(q binlog.Statement) string {
	tokens := ddlTokens(string(q.SQL), q.Mode)
	depth := 0
	for i := range tokens[:max(len(tokens)-1, 0)] {
		t, next := tokens[i], tokens[i+1]
		switch {
		case t.is("("):
			depth++
		case t.is(")"):
			depth--
		case depth == 0 && (t.isOneOf(partitionBegins...) && next.is("PARTITION") || t.is("PARTITION") && next.is("BY") || t.is("REMOVE") && next.is("PARTITIONING")):
			return joined(tokens[i:])
		}
	}
	return joined(tokens)
}

// partitioningOf is what a clause does to partitions; nil when it is about something else, or changes nothing that a target would have.
func partitioningOf(spec *ast.AlterTableSpec) *connector.Partitioning {
	p := &connector.Partitioning{}
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
