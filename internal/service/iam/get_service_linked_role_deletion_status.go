package iam

import (
	"context"
	"time"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// getServiceLinkedRoleDeletionStatus says how a deletion went: it is done when it was answered.
func (s *Service) getServiceLinkedRoleDeletionStatus() service.Operation {
	return service.Handle("GetServiceLinkedRoleDeletionStatus", onNothing,
		func(ctx context.Context, _ *service.Call, in *iamapi.GetServiceLinkedRoleDeletionStatusRequest) (*iamapi.GetServiceLinkedRoleDeletionStatusResponse, error) {
			if _, err := fetch[time.Time](s.read(ctx), taskKey(deref(in.DeletionTaskId)), missing("Deletion task %s was not found.", deref(in.DeletionTaskId))); err != nil {
				return nil, err
			}
			return &iamapi.GetServiceLinkedRoleDeletionStatusResponse{Status: new("SUCCEEDED")}, nil
		})
}
