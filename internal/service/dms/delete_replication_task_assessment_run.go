package dms

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// deleteAssessmentRun has the record of a run removed. What lies in the bucket stays.
func (s *Service) deleteAssessmentRun(ctx context.Context, _ *service.Call, in *dmsapi.DeleteReplicationTaskAssessmentRunMessage) (*dmsapi.DeleteReplicationTaskAssessmentRunResponse, error) {
	shown, err := s.changeRun(ctx, value(in.ReplicationTaskAssessmentRunArn), func(_ store.Tx, r *AssessmentRun) error {
		if !r.Done || r.Status == runDeleting {
			return badState("Assessment run %s cannot be deleted while it is in %s state. One that runs can be cancelled.", r.Name, r.Status)
		}
		r.Status, r.Done = runDeleting, false
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &dmsapi.DeleteReplicationTaskAssessmentRunResponse{ReplicationTaskAssessmentRun: shown}, nil
}
