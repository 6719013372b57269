package iam

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// createVirtualMFADevice makes a device with a seed, which is shown this once.
func (s *Service) createVirtualMFADevice() service.Operation {
	return service.Handle("CreateVirtualMFADevice",
		func(_ context.Context, call *service.Call, in *iamapi.CreateVirtualMFADeviceRequest) ([]service.Check, error) {
			checks := check(call, "mfa"+pathOf(in.Path)+deref(in.VirtualMFADeviceName), nil, tagKeys(in.Tags))
			return s.withTagging(call, checks, "iam:TagMFADevice", in.Tags), nil
		},
		func(ctx context.Context, call *service.Call, in *iamapi.CreateVirtualMFADeviceRequest) (*iamapi.CreateVirtualMFADeviceResponse, error) {
			d := identity.MFADevice{Name: *in.VirtualMFADeviceName, Path: pathOf(in.Path), Created: stamped(call)}
			d.ARN = s.directory.ARN("mfa", d.Path, d.Name)
			var err error
			if d.Tags, err = mergeTags(nil, in.Tags); err != nil {
				return nil, err
			}
			seed, picture, err := identity.NewSeed(call.Account, d.Name)
			if err != nil {
				return nil, err
			}
			if d.Seed, err = s.factors.Seal(ctx, d.ARN, seed); err != nil {
				return nil, err
			}
			err = s.update(ctx, func(tx store.Tx) error {
				return createWithin(tx, &devicesQuota, identity.MFAKey(d.Name), &d, exists("MFADevice entity at the same path and name already exists."))
			})
			if err != nil {
				return nil, err
			}
			return &iamapi.CreateVirtualMFADeviceResponse{VirtualMFADevice: &iamapi.VirtualMFADevice{
				SerialNumber: &d.ARN, Base32StringSeed: []byte(seed), QRCodePNG: picture, Tags: tagList(d.Tags),
			}}, nil
		})
}
