package iam

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// getMFADevice shows a device that is enabled for a user.
func (s *Service) getMFADevice() service.Operation {
	checked := onUser(s, func(in *iamapi.GetMFADeviceRequest) *string { return in.UserName })
	return service.Handle("GetMFADevice",
		func(ctx context.Context, call *service.Call, in *iamapi.GetMFADeviceRequest) ([]service.Check, error) {
			d, err := device(s.read(ctx), deref(in.SerialNumber))
			if err != nil && !isFault(err) {
				return nil, err
			}
			if in.UserName == nil && err == nil && d.User != "" {
				return checked(ctx, call, &iamapi.GetMFADeviceRequest{UserName: &d.User}) // whose it is, is what is shown
			}
			return checked(ctx, call, in)
		},
		func(ctx context.Context, _ *service.Call, in *iamapi.GetMFADeviceRequest) (*iamapi.GetMFADeviceResponse, error) {
			d, err := device(s.read(ctx), deref(in.SerialNumber))
			if in.UserName != nil && err == nil {
				d, err = deviceOf(s.read(ctx), *in.UserName, d.ARN)
			}
			if err != nil {
				return nil, err
			}
			return &iamapi.GetMFADeviceResponse{SerialNumber: &d.ARN, UserName: some(d.User), EnableDate: d.Enabled}, nil
		})
}
