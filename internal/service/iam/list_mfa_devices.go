package iam

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// listMFADevices lists the MFA devices that are enabled for a user.
func (s *Service) listMFADevices() service.Operation {
	return service.Handle("ListMFADevices", onUser(s, func(in *iamapi.ListMFADevicesRequest) *string { return in.UserName }),
		func(ctx context.Context, call *service.Call, in *iamapi.ListMFADevicesRequest) (*iamapi.ListMFADevicesResponse, error) {
			out := &iamapi.ListMFADevicesResponse{MFADevices: []iamapi.MFADevice{}, IsTruncated: new(false)}
			name := callerOr(call, in.UserName)
			if name == "" {
				return out, nil // the root user has none
			}
			if _, err := user(s.read(ctx), name); err != nil {
				return nil, err
			}
			devices, err := devicesOf(s.read(ctx), name)
			if err != nil {
				return nil, err
			}
			devices, out.IsTruncated, out.Marker, err = page(devices, in.Marker, in.MaxItems, func(d *identity.MFADevice) string { return identity.MFAKey(d.Name) })
			for i := range devices {
				out.MFADevices = append(out.MFADevices, shownDevice(&devices[i]))
			}
			return out, err
		})
}
