package iam

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// deleteAccountAlias takes the name from the account.
func (s *Service) deleteAccountAlias() service.Operation {
	return service.Handle("DeleteAccountAlias", onNothing,
		func(ctx context.Context, _ *service.Call, in *iamapi.DeleteAccountAliasRequest) (*service.None, error) {
			return &service.None{}, s.update(ctx, func(tx store.Tx) error {
				notThere := missing("The account alias %s does not exist.", deref(in.AccountAlias))
				have, err := fetch[string](tx, accountAlias, notThere)
				if err == nil && *have != deref(in.AccountAlias) {
					err = notThere
				}
				tx.Delete(accountAlias)
				return err
			})
		})
}
