package iam

import (
	"context"
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// listGroups lists the groups under a path.
func (s *Service) listGroups() service.Operation {
	return service.Handle("ListGroups", onNothing,
		func(ctx context.Context, _ *service.Call, in *iamapi.ListGroupsRequest) (*iamapi.ListGroupsResponse, error) {
			list, err := all[identity.Group](s.read(ctx), identity.Prefix+"group/")
			if err != nil {
				return nil, err
			}
			out := &iamapi.ListGroupsResponse{Groups: []iamapi.Group{}}
			prefix := pathOf(in.PathPrefix)
			list = slices.DeleteFunc(list, func(g identity.Group) bool { return !strings.HasPrefix(g.Path, prefix) })
			list, out.IsTruncated, out.Marker, err = page(list, in.Marker, in.MaxItems, func(g *identity.Group) string { return strings.ToLower(g.Name) })
			for i := range list {
				out.Groups = append(out.Groups, *s.groupShape(&list[i]))
			}
			return out, err
		})
}
