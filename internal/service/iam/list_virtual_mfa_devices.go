package iam

import (
	"context"
	"slices"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// listVirtualMFADevices lists all devices, those that are somebody's, or those that are nobody's; never a seed.
func (s *Service) listVirtualMFADevices() service.Operation {
	return service.Handle("ListVirtualMFADevices", onNothing,
		func(ctx context.Context, _ *service.Call, in *iamapi.ListVirtualMFADevicesRequest) (*iamapi.ListVirtualMFADevicesResponse, error) {
			devices, err := all[identity.MFADevice](s.read(ctx), identity.MFAKey(""))
			if err != nil {
				return nil, err
			}
			want := deref(in.AssignmentStatus)
			devices = slices.DeleteFunc(devices, func(d identity.MFADevice) bool {
				return want == "Assigned" && d.Enabled == nil || want == "Unassigned" && d.Enabled != nil
			})
			out := &iamapi.ListVirtualMFADevicesResponse{VirtualMFADevices: []iamapi.VirtualMFADevice{}}
			devices, out.IsTruncated, out.Marker, err = page(devices, in.Marker, in.MaxItems, func(d *identity.MFADevice) string { return identity.MFAKey(d.Name) })
			for _, d := range devices {
				shown := iamapi.VirtualMFADevice{SerialNumber: &d.ARN, EnableDate: d.Enabled}
				if u, err := user(s.read(ctx), d.User); d.Enabled != nil && err == nil {
					shown.User = s.userShape(u)
				}
				out.VirtualMFADevices = append(out.VirtualMFADevices, shown)
			}
			return out, err
		})
}
