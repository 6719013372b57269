package own

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/whimbrelapi"
	"github.com/whimbreldb/whimbrel/internal/instance"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// describeApplyExceptions lists the rows and changes that a task has left out, from awsdms_apply_exceptions of its target:
// its own alone, whatever else lies there.
func (s *Service) describeApplyExceptions() service.Operation {
	return service.Handle("DescribeApplyExceptions",
		func(ctx context.Context, call *service.Call, in *whimbrelapi.DescribeApplyExceptionsRequest) ([]service.Check, error) {
			return s.onTask(ctx, call, in.ReplicationTaskArn), nil
		},
		func(ctx context.Context, _ *service.Call, in *whimbrelapi.DescribeApplyExceptionsRequest) (*whimbrelapi.DescribeApplyExceptionsResponse, error) {
			rows, marker, err := s.tasks.ApplyExceptions(ctx, *in.ReplicationTaskArn, tableOf(in.SchemaName, in.TableName), in.MaxRecords, in.Marker)
			if err != nil {
				return nil, ours(err)
			}
			out := &whimbrelapi.DescribeApplyExceptionsResponse{ReplicationTaskArn: in.ReplicationTaskArn, ApplyExceptions: make([]whimbrelapi.ApplyException, len(rows)), Marker: marker}
			for i := range rows {
				r := &rows[i]
				out.ApplyExceptions[i] = whimbrelapi.ApplyException{SchemaName: &r.Table.Schema, TableName: &r.Table.Name, ErrorTime: &r.Time, Statement: &r.Statement, Reason: &r.Reason}
				if r.Key != "" {
					out.ApplyExceptions[i].Key = &r.Key
				}
			}
			return out, nil
		})
}

// tableOf is the target's table that a request names.
func tableOf(schema, name *string) (t instance.TableName) {
	if schema != nil {
		t.Schema = *schema
	}
	if name != nil {
		t.Name = *name
	}
	return t
}
