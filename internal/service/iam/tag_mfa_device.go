package iam

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// tagMFADevice adds tags to a device.
func (s *Service) tagMFADevice() service.Operation {
	return service.Handle("TagMFADevice", onDevice(s, func(in *iamapi.TagMFADeviceRequest) *string { return in.SerialNumber }, func(in *iamapi.TagMFADeviceRequest) keys { return tagKeys(in.Tags) }),
		func(ctx context.Context, _ *service.Call, in *iamapi.TagMFADeviceRequest) (*service.None, error) {
			return &service.None{}, s.changeDevice(ctx, deref(in.SerialNumber), func(_ store.Tx, d *identity.MFADevice) (err error) {
				d.Tags, err = mergeTags(d.Tags, in.Tags)
				return err
			})
		})
}
