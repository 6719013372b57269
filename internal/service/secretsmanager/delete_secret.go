package secretsmanager

import (
	"context"
	"strconv"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/secretsmanagerapi"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// deleteSecret marks a secret for deletion after a window of 7 to 30 days, or deletes it at once when that is forced.
func (s *Service) deleteSecret() service.Operation {
	return service.Handle("DeleteSecret", on(s, func(in *secretsmanagerapi.DeleteSecretRequest) *string { return in.SecretId }, func(in *secretsmanagerapi.DeleteSecretRequest) map[string][]string {
		return map[string][]string{"secretsmanager:ForceDeleteWithoutRecovery": {strconv.FormatBool(deref(in.ForceDeleteWithoutRecovery))}}
	}),
		func(ctx context.Context, call *service.Call, in *secretsmanagerapi.DeleteSecretRequest) (*secretsmanagerapi.DeleteSecretResponse, error) {
			days, err := windowOf(in)
			if err != nil {
				return nil, err
			}
			now := call.Now.UTC()
			out := &secretsmanagerapi.DeleteSecretResponse{DeletionDate: new(now.AddDate(0, 0, int(days)))}
			_, err = s.store.Update(ctx, func(tx store.Tx) error {
				r, err := s.find(tx, call, in.SecretId)
				if err != nil {
					return err
				}
				out.ARN, out.Name = &r.ARN, &r.Name
				switch {
				case days == 0:
					tx.Delete(path(call.Region, r.Name))
					return nil
				case r.Deleted != nil:
					return fault("InvalidRequestException", "You can't perform this operation on the secret because it was already scheduled for deletion.")
				}
				r.Deleted, r.Recovery = &now, days
				return store.Write(tx, path(call.Region, r.Name), r)
			})
			return out, err
		})
}

// windowOf is the days in which a deletion can be taken back; none when it is forced.
func windowOf(in *secretsmanagerapi.DeleteSecretRequest) (int64, error) {
	if deref(in.ForceDeleteWithoutRecovery) {
		if in.RecoveryWindowInDays != nil {
			return 0, fault("InvalidParameterException", "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.")
		}
		return 0, nil
	}
	days := int64(30)
	if in.RecoveryWindowInDays != nil {
		days = *in.RecoveryWindowInDays
	}
	if days < 7 || days > 30 {
		return 0, fault("InvalidParameterException", "RecoveryWindowInDays is %d; want 7 to 30 days.", days)
	}
	return days, nil
}
