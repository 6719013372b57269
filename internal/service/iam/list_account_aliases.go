package iam

import (
	"context"
	"errors"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// listAccountAliases names the account.
func (s *Service) listAccountAliases() service.Operation {
	return service.Handle("ListAccountAliases", onNothing,
		func(ctx context.Context, _ *service.Call, in *iamapi.ListAccountAliasesRequest) (*iamapi.ListAccountAliasesResponse, error) {
			var all []string
			alias, err := store.Read[string](s.read(ctx), accountAlias)
			if err == nil {
				all = append(all, alias)
			} else if !errors.Is(err, store.ErrNotFound) {
				return nil, err
			}
			out := &iamapi.ListAccountAliasesResponse{}
			out.AccountAliases, out.IsTruncated, out.Marker, err = page(all, in.Marker, in.MaxItems, func(a *string) string { return *a })
			return out, err
		})
}
