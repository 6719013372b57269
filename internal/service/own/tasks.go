package own

import (
	"context"
	"errors"

	"github.com/whimbreldb/whimbrel/internal/edge/wire"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/whimbrelapi"
	"github.com/whimbreldb/whimbrel/internal/instance"
	"github.com/whimbreldb/whimbrel/internal/policy/action"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// Tasks are the replication tasks of DMS, by ARN.
type Tasks interface {
	// TaskTags are a task's tags; none if it is not there.
	TaskTags(ctx context.Context, arn string) (map[string]string, error)
	// TaskProgress is a task's status, and how far it has come; nil if it has never run.
	TaskProgress(ctx context.Context, arn string) (status string, p *instance.Progress, err error)
	// CutOver lets the target of a running task take over.
	CutOver(ctx context.Context, arn string) (status string, err error)
	// ApplyExceptions is one page of what a task has left out, of one table of the target or of all.
	ApplyExceptions(ctx context.Context, arn string, table instance.TableName, size *int64, marker *string) (rows []instance.Exception, next *string, err error)
	// ValidationFailures is one page of what validation of a task has found to differ, of one table of the target or of all.
	ValidationFailures(ctx context.Context, arn string, table instance.TableName, size *int64, marker *string) (rows []instance.ValidationFailure, next *string, err error)
	// ReplayExceptions makes rows of a table of the target what the source's are: those of the keys, or all that differ.
	ReplayExceptions(ctx context.Context, arn string, table instance.TableName, keys []string) (*instance.Replayed, error)
	// AssessmentFindings are the results of a run of premigration assessments of a task, as far as it has come.
	AssessmentFindings(ctx context.Context, arn, runARN string) (status string, results []instance.Assessed, err error)
	// MappingPlan is what a task would do to every table, with other mappings than its own if some are given.
	MappingPlan(ctx context.Context, arn, mappings string) (*instance.Plan, error)
}

// onTask is the check of an action on a task, with the keys of its tags that DMS's own actions have.
func (s *Service) onTask(ctx context.Context, call *service.Call, arn *string) []service.Check {
	if arn == nil {
		return call.OnAny()
	}
	tags, err := s.tasks.TaskTags(ctx, *arn)
	return []service.Check{{Action: call.ActionName(), Resource: *arn, Keys: action.TagKeys(*arn, tags), Unread: err}}
}

// ours words a fault of DMS as one of this service.
func ours(err error) error {
	var fault *wire.Error
	if !errors.As(err, &fault) {
		return err
	}
	switch fault.Code {
	case "ResourceNotFoundFault":
		return whimbrelapi.Service.NewError("ResourceNotFoundException", "%s", fault.Message)
	case "InvalidResourceStateFault":
		return whimbrelapi.Service.NewError("InvalidStateException", "%s", fault.Message)
	}
	return err
}
