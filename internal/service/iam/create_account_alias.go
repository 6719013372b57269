package iam

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// createAccountAlias gives the account a name.
func (s *Service) createAccountAlias() service.Operation {
	return service.Handle("CreateAccountAlias", onNothing,
		func(ctx context.Context, _ *service.Call, in *iamapi.CreateAccountAliasRequest) (*service.None, error) {
			return &service.None{}, s.update(ctx, func(tx store.Tx) error {
				return store.Write(tx, accountAlias, deref(in.AccountAlias))
			})
		})
}

// accountAlias is the key of the account's name.
const accountAlias = "iamaccount/alias"
