package iam

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// listMFADeviceTags lists the tags of a device.
func (s *Service) listMFADeviceTags() service.Operation {
	return service.Handle("ListMFADeviceTags", onDevice(s, func(in *iamapi.ListMFADeviceTagsRequest) *string { return in.SerialNumber }),
		func(ctx context.Context, _ *service.Call, in *iamapi.ListMFADeviceTagsRequest) (*iamapi.ListMFADeviceTagsResponse, error) {
			d, err := device(s.read(ctx), deref(in.SerialNumber))
			if err != nil {
				return nil, err
			}
			out := &iamapi.ListMFADeviceTagsResponse{}
			out.Tags, out.IsTruncated, out.Marker, err = page(tagList(d.Tags), in.Marker, in.MaxItems, func(t *iamapi.Tag) string { return *t.Key })
			return out, err
		})
}
