package iam

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// deleteVirtualMFADevice deletes a device that nobody has.
func (s *Service) deleteVirtualMFADevice() service.Operation {
	return service.Handle("DeleteVirtualMFADevice", onDevice(s, func(in *iamapi.DeleteVirtualMFADeviceRequest) *string { return in.SerialNumber }),
		func(ctx context.Context, _ *service.Call, in *iamapi.DeleteVirtualMFADeviceRequest) (*service.None, error) {
			return &service.None{}, s.update(ctx, func(tx store.Tx) error {
				d, err := device(tx, deref(in.SerialNumber))
				if err != nil {
					return err
				}
				if d.Enabled != nil {
					return conflict("MFA VirtualDevice in use. Must deactivate first.")
				}
				tx.Delete(identity.MFAKey(d.Name))
				return nil
			})
		})
}
