package iam

import (
	"context"
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// listInstanceProfiles lists the instance profiles under a path.
func (s *Service) listInstanceProfiles() service.Operation {
	return service.Handle("ListInstanceProfiles", onNothing,
		func(ctx context.Context, _ *service.Call, in *iamapi.ListInstanceProfilesRequest) (*iamapi.ListInstanceProfilesResponse, error) {
			list, err := all[profileRecord](s.read(ctx), profileKey(""))
			if err != nil {
				return nil, err
			}
			prefix := pathOf(in.PathPrefix)
			list = slices.DeleteFunc(list, func(p profileRecord) bool { return !strings.HasPrefix(p.Path, prefix) })
			out := &iamapi.ListInstanceProfilesResponse{}
			list, out.IsTruncated, out.Marker, err = page(list, in.Marker, in.MaxItems, func(p *profileRecord) string { return strings.ToLower(p.Name) })
			if err != nil {
				return nil, err
			}
			out.InstanceProfiles, err = s.profileShapes(s.read(ctx), list)
			return out, err
		})
}
