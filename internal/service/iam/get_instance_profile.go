package iam

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// getInstanceProfile shows an instance profile.
func (s *Service) getInstanceProfile() service.Operation {
	return service.Handle("GetInstanceProfile", onProfile(s, func(in *iamapi.GetInstanceProfileRequest) *string { return in.InstanceProfileName }),
		func(ctx context.Context, _ *service.Call, in *iamapi.GetInstanceProfileRequest) (*iamapi.GetInstanceProfileResponse, error) {
			p, err := profile(s.read(ctx), deref(in.InstanceProfileName))
			if err != nil {
				return nil, err
			}
			shape, err := s.profileShape(s.read(ctx), p)
			return &iamapi.GetInstanceProfileResponse{InstanceProfile: shape}, err
		})
}
