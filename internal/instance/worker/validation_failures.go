package worker

import (
	"context"
	"errors"
	"fmt"

	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/instance"
)

// ValidationFailures implements instance.Client. They are read from the target alone, as exceptions are.
func (w *Worker) ValidationFailures(ctx context.Context, t instance.Task, q instance.Exceptions) ([]instance.ValidationFailure, error) {
	target, name, err := w.targetOf(ctx, t)
	if err != nil {
		return nil, err
	}
	reader, ok := target.(connector.FailureReader)
	if !ok {
		_ = target.Close()
		return nil, &instance.Refusal{Message: fmt.Sprintf("a %s target keeps no awsdms_validation_failures that could be read back", name)}
	}
	rows, err := reader.Failed(ctx, ofTask(t, q))
	if err := errors.Join(err, target.Close()); err != nil {
		return nil, refusal(ctx, err, t.Target)
	}
	var all []instance.ValidationFailure
	size := 0
	for i := range rows {
		r := &rows[i]
		if size += len(r.Key) + len(r.Details); size > exceptionBytes && len(all) > 0 {
			break
		}
		all = append(all, instance.ValidationFailure{
			Table: instance.TableName{Schema: r.Table.Schema, Name: r.Table.Name}, Time: r.Time, Key: r.Key, Kind: r.Kind, Details: r.Details,
			ResyncResult: r.Result, ResyncTime: r.ResyncedAt, ResyncAction: r.ResyncAction,
		})
	}
	return all, nil
}
