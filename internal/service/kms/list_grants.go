package kms

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/kmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// listGrants lists the grants on a key.
func (s *Service) listGrants() service.Operation {
	return service.Handle("ListGrants", onKey(s, "ListGrants", func(in *kmsapi.ListGrantsRequest) *string { return in.KeyId }),
		func(ctx context.Context, call *service.Call, in *kmsapi.ListGrantsRequest) (*kmsapi.ListGrantsResponse, error) {
			k, err := s.vault.key(ctx, call.Region, deref(in.KeyId))
			if err != nil {
				return nil, err
			}
			page, next, err := s.page(ctx, grantPath(call.Region, k.ID, ""), in.Marker, in.Limit, 50)
			if err != nil {
				return nil, err
			}
			out := &kmsapi.ListGrantsResponse{Grants: []kmsapi.GrantListEntry{}, NextMarker: next, Truncated: new(next != nil)}
			for _, item := range page.Items {
				var g grantRecord
				if err := item.Decode(&g); err != nil {
					return nil, err
				}
				if in.GrantId != nil && g.ID != *in.GrantId || in.GranteePrincipal != nil && g.Grantee != *in.GranteePrincipal ||
					in.GranteeServicePrincipal != nil && g.GranteeService != *in.GranteeServicePrincipal {
					continue
				}
				out.Grants = append(out.Grants, g.entry(k.ARN))
			}
			return out, nil
		})
}
