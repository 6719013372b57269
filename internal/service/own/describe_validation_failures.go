package own

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/whimbrelapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// describeValidationFailures lists the rows that validation of a task has found to differ, from awsdms_validation_failures_v1 or
// _v2 of its target: its own alone, whatever else lies there.
func (s *Service) describeValidationFailures() service.Operation {
	return service.Handle("DescribeValidationFailures",
		func(ctx context.Context, call *service.Call, in *whimbrelapi.DescribeValidationFailuresRequest) ([]service.Check, error) {
			return s.onTask(ctx, call, in.ReplicationTaskArn), nil
		},
		func(ctx context.Context, _ *service.Call, in *whimbrelapi.DescribeValidationFailuresRequest) (*whimbrelapi.DescribeValidationFailuresResponse, error) {
			rows, marker, err := s.tasks.ValidationFailures(ctx, *in.ReplicationTaskArn, tableOf(in.SchemaName, in.TableName), in.MaxRecords, in.Marker)
			if err != nil {
				return nil, ours(err)
			}
			out := &whimbrelapi.DescribeValidationFailuresResponse{ReplicationTaskArn: in.ReplicationTaskArn, ValidationFailures: make([]whimbrelapi.ValidationFailure, len(rows)), Marker: marker}
			for i := range rows {
				r := &rows[i]
				one := &out.ValidationFailures[i]
				*one = whimbrelapi.ValidationFailure{SchemaName: &r.Table.Schema, TableName: &r.Table.Name, FailureTime: &r.Time, Key: &r.Key, FailureType: &r.Kind, Details: &r.Details, ResyncTime: r.ResyncTime}
				if r.ResyncResult != "" {
					one.ResyncResult, one.ResyncAction = &r.ResyncResult, &r.ResyncAction
				}
			}
			return out, nil
		})
}
