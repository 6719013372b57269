package dms

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

func (s *Service) cancelAssessmentRun(ctx context.Context, _ *service.Call, in *dmsapi.CancelReplicationTaskAssessmentRunMessage) (*dmsapi.CancelReplicationTaskAssessmentRunResponse, error) {
	shown, err := s.changeRun(ctx, value(in.ReplicationTaskAssessmentRunArn), func(_ store.Tx, r *AssessmentRun) error {
		if r.Done || r.Status == runCancelling || r.Status == runDeleting {
			return badState("Assessment run %s cannot be cancelled: it does not run, its status is %s.", r.Name, r.Status)
		}
		r.Status = runCancelling
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &dmsapi.CancelReplicationTaskAssessmentRunResponse{ReplicationTaskAssessmentRun: shown}, nil
}

// changeRun finds a run, has it changed, keeps it and shows it, in one transaction.
func (s *Service) changeRun(ctx context.Context, arn string, change func(store.Tx, *AssessmentRun) error) (*dmsapi.ReplicationTaskAssessmentRun, error) {
	var shown *dmsapi.ReplicationTaskAssessmentRun
	_, err := s.Store.Update(ctx, func(tx store.Tx) error {
		r, err := byARN[AssessmentRun](s, tx, assessmentRuns, arn)
		if err != nil {
			return err
		}
		if r.Types {
			return notFound("%s %s not found.", assessmentRuns.noun, arn)
		}
		if err := change(tx, r); err != nil {
			return err
		}
		t, err := found[Task](tx, tasks.keys()+r.Task)
		if err != nil {
			return err
		}
		shown = s.showRun(r, t != nil && t.LastRun == r.ID)
		return writeRun(tx, r)
	})
	return shown, err
}
