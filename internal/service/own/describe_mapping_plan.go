package own

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/whimbrelapi"
	"github.com/whimbreldb/whimbrel/internal/instance"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// describeMappingPlan shows what a task would do to every table, and changes nothing: what a mapping really means.
func (s *Service) describeMappingPlan() service.Operation {
	return service.Handle("DescribeMappingPlan",
		func(ctx context.Context, call *service.Call, in *whimbrelapi.DescribeMappingPlanRequest) ([]service.Check, error) {
			return s.onTask(ctx, call, in.ReplicationTaskArn), nil
		},
		func(ctx context.Context, _ *service.Call, in *whimbrelapi.DescribeMappingPlanRequest) (*whimbrelapi.DescribeMappingPlanResponse, error) {
			mappings := ""
			if in.TableMappings != nil {
				mappings = *in.TableMappings
			}
			plan, err := s.tasks.MappingPlan(ctx, *in.ReplicationTaskArn, mappings)
			if err != nil {
				return nil, ours(err)
			}
			return showPlan(plan), nil
		})
}

func showPlan(p *instance.Plan) *whimbrelapi.DescribeMappingPlanResponse {
	out := &whimbrelapi.DescribeMappingPlanResponse{
		Source: &p.Source, Target: &p.Target, Before: p.Before, After: p.After, Tables: []whimbrelapi.PlannedTable{}, Notes: p.Notes,
		UnmatchedRules: p.Unmatched, OverruledRules: p.Overruled, ColumnsLeftBehind: p.LeftBehind,
	}
	for i := range p.Tables {
		t := &p.Tables[i]
		shown := whimbrelapi.PlannedTable{
			SourceSchema: &t.Source.Schema, SourceTable: &t.Source.Name, TargetSchema: &t.Target.Schema, TargetTable: &t.Target.Name,
			Segments: new(int64(t.Segments)), Effects: t.Effects, Statements: t.Statements,
		}
		if t.Rows >= 0 {
			shown.EstimatedRows = &t.Rows
		}
		if t.Bytes >= 0 {
			shown.EstimatedBytes = &t.Bytes
		}
		out.Tables = append(out.Tables, shown)
	}
	return out
}
