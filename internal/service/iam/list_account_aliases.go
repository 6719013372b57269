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
		func(ctx context.Context, _ *service.Call, _ *iamapi.ListAccountAliasesRequest) (*iamapi.ListAccountAliasesResponse, error) {
			out := &iamapi.ListAccountAliasesResponse{AccountAliases: []string{}, IsTruncated: new(false)}
			alias, err := store.Read[string](s.read(ctx), accountAlias)
			if err == nil {
				out.AccountAliases = append(out.AccountAliases, alias)
			} else if !errors.Is(err, store.ErrNotFound) {
				return nil, err
			}
			return out, nil
		})
}
