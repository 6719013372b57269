package iam

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// deactivateMFADevice takes a device from its user; it can be enabled again, for anyone.
func (s *Service) deactivateMFADevice() service.Operation {
	return service.Handle("DeactivateMFADevice", onUser(s, func(in *iamapi.DeactivateMFADeviceRequest) *string { return in.UserName }),
		func(ctx context.Context, call *service.Call, in *iamapi.DeactivateMFADeviceRequest) (*service.None, error) {
			return &service.None{}, s.changeDevice(ctx, deref(in.SerialNumber), func(tx store.Tx, d *identity.MFADevice) error {
				if _, err := deviceOf(tx, callerOr(call, in.UserName), d.ARN); err != nil {
					return err
				}
				d.User, d.Enabled = "", nil
				return nil
			})
		})
}
