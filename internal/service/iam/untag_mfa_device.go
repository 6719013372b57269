package iam

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// untagMFADevice takes tags from a device.
func (s *Service) untagMFADevice() service.Operation {
	return service.Handle("UntagMFADevice", onDevice(s, func(in *iamapi.UntagMFADeviceRequest) *string { return in.SerialNumber }, func(in *iamapi.UntagMFADeviceRequest) keys { return keys{"aws:TagKeys": in.TagKeys} }),
		func(ctx context.Context, _ *service.Call, in *iamapi.UntagMFADeviceRequest) (*service.None, error) {
			return &service.None{}, s.changeDevice(ctx, deref(in.SerialNumber), func(_ store.Tx, d *identity.MFADevice) error {
				dropTags(d.Tags, in.TagKeys)
				return nil
			})
		})
}
