package iam

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// resyncMFADevice sees by two codes in a row how a device's clock stands.
func (s *Service) resyncMFADevice() service.Operation {
	return service.Handle("ResyncMFADevice", onUser(s, func(in *iamapi.ResyncMFADeviceRequest) *string { return in.UserName }),
		func(ctx context.Context, call *service.Call, in *iamapi.ResyncMFADeviceRequest) (*service.None, error) {
			return &service.None{}, s.changeDevice(ctx, deref(in.SerialNumber), func(tx store.Tx, d *identity.MFADevice) error {
				if _, err := deviceOf(tx, deref(in.UserName), d.ARN); err != nil {
					return err
				}
				return s.pair(ctx, call, d, in.AuthenticationCode1, in.AuthenticationCode2)
			})
		})
}
