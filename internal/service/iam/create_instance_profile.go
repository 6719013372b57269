package iam

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// createInstanceProfile makes an instance profile.
func (s *Service) createInstanceProfile() service.Operation {
	return service.Handle("CreateInstanceProfile", func(_ context.Context, call *service.Call, in *iamapi.CreateInstanceProfileRequest) ([]service.Check, error) {
		return s.withTagging(call, check(call, "instance-profile"+pathOf(in.Path)+deref(in.InstanceProfileName), nil, tagKeys(in.Tags)), "iam:TagInstanceProfile", in.Tags), nil
	},
		func(ctx context.Context, call *service.Call, in *iamapi.CreateInstanceProfileRequest) (*iamapi.CreateInstanceProfileResponse, error) {
			tags, err := mergeTags(nil, in.Tags)
			if err != nil {
				return nil, err
			}
			p := &profileRecord{Name: deref(in.InstanceProfileName), Path: pathOf(in.Path), ID: identity.NewID(identity.InstanceID), Created: stamped(call), Tags: tags}
			var shape *iamapi.InstanceProfile
			err = s.update(ctx, func(tx store.Tx) error {
				if err := createWithin(tx, &profilesQuota, profileKey(p.Name), p, exists("Instance Profile %s already exists.", p.Name)); err != nil {
					return err
				}
				shape, err = s.profileShape(tx, p)
				return err
			})
			return &iamapi.CreateInstanceProfileResponse{InstanceProfile: shape}, err
		})
}
