package iam

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// listGroups lists the groups under a path.
func (s *Service) listGroups() service.Operation {
	return service.Handle("ListGroups", onNothing,
		func(ctx context.Context, _ *service.Call, in *iamapi.ListGroupsRequest) (*iamapi.ListGroupsResponse, error) {
			list, more, marker, err := under(s.read(ctx), identity.Prefix+"group/", in.PathPrefix, in.Marker, in.MaxItems, func(g *identity.Group) (path, name string) { return g.Path, g.Name })
			if err != nil {
				return nil, err
			}
			out := &iamapi.ListGroupsResponse{Groups: []iamapi.Group{}, IsTruncated: more, Marker: marker}
			for i := range list {
				out.Groups = append(out.Groups, *s.groupShape(&list[i]))
			}
			return out, nil
		})
}
