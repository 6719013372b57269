package iam

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// enableMFADevice gives a device to a user, who proves to have it by two codes in a row.
func (s *Service) enableMFADevice() service.Operation {
	return service.Handle("EnableMFADevice", onUser(s, func(in *iamapi.EnableMFADeviceRequest) *string { return in.UserName }),
		func(ctx context.Context, call *service.Call, in *iamapi.EnableMFADeviceRequest) (*service.None, error) {
			return &service.None{}, s.changeDevice(ctx, deref(in.SerialNumber), func(tx store.Tx, d *identity.MFADevice) error {
				u, err := user(tx, deref(in.UserName))
				if err != nil {
					return err
				}
				if d.Enabled != nil {
					return exists("MFADevice with serial number %s is already in use.", d.ARN)
				}
				have, err := devicesOf(tx, u.Name)
				if err != nil {
					return err
				}
				if len(have) >= maxDevices {
					return tooMany("MfaDevicesPerUser", maxDevices)
				}
				if err := s.pair(ctx, call, d, in.AuthenticationCode1, in.AuthenticationCode2); err != nil {
					return err
				}
				d.User, d.Enabled = u.Name, new(stamped(call))
				return nil
			})
		})
}
