package kms

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/kmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// listRetirableGrants lists the grants, on all keys, that a principal may retire.
func (s *Service) listRetirableGrants() service.Operation {
	return service.Handle("ListRetirableGrants",
		func(_ context.Context, call *service.Call, _ *kmsapi.ListRetirableGrantsRequest) ([]service.Check, error) {
			return call.OnAny(), nil
		},
		func(ctx context.Context, call *service.Call, in *kmsapi.ListRetirableGrantsRequest) (*kmsapi.ListGrantsResponse, error) {
			page, next, err := s.page(ctx, "kms/"+call.Region+"/grant/", in.Marker, in.Limit, 50)
			if err != nil {
				return nil, err
			}
			out := &kmsapi.ListGrantsResponse{Grants: []kmsapi.GrantListEntry{}, NextMarker: next, Truncated: new(next != nil)}
			for _, item := range page.Items {
				var g grantRecord
				if err := item.Decode(&g); err != nil {
					return nil, err
				}
				if g.Retiring != "" && g.Retiring == deref(in.RetiringPrincipal) || g.RetiringService != "" && g.RetiringService == deref(in.RetiringServicePrincipal) {
					out.Grants = append(out.Grants, g.entry(s.vault.arn(call.Region, "key/"+g.Key)))
				}
			}
			return out, nil
		})
}
