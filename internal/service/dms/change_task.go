package dms

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// changeTask finds a task, has it changed, keeps it and shows it, in one transaction.
func (s *Service) changeTask(ctx context.Context, arn string, change func(store.Tx, *Task) error) (*dmsapi.ReplicationTask, error) {
	var shown *dmsapi.ReplicationTask
	_, err := s.Store.Update(ctx, func(tx store.Tx) error {
		t, err := byARN[Task](s, tx, tasks, arn)
		if err != nil {
			return err
		}
		if err := change(tx, t); err != nil {
			return err
		}
		if err := writeTask(tx, t); err != nil {
			return err
		}
		shown, err = s.showTask(tx, t)
		return err
	})
	return shown, err
}
