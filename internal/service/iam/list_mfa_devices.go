package iam

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// listMFADevices lists the MFA devices of a user: there are none, none can be made.
func (s *Service) listMFADevices() service.Operation {
	return service.Handle("ListMFADevices", onUser(s, func(in *iamapi.ListMFADevicesRequest) *string { return in.UserName }),
		func(ctx context.Context, _ *service.Call, in *iamapi.ListMFADevicesRequest) (*iamapi.ListMFADevicesResponse, error) {
			if in.UserName != nil {
				if _, err := user(s.read(ctx), *in.UserName); err != nil {
					return nil, err
				}
			}
			return &iamapi.ListMFADevicesResponse{MFADevices: []iamapi.MFADevice{}, IsTruncated: new(false)}, nil
		})
}
