package dms

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/edge/wire"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// finder finds keys by any of their names, as a kms.Vault does.
type finder interface {
	Usable(ctx context.Context, region, key string) (arn string, err error)
}

// keyARN finds the KMS key for a new resource: the one that was asked for, by its ID, ARN or alias, if it can be used and
// the caller may use it; the account's key for DMS otherwise.
func (s *Service) keyARN(ctx context.Context, call *service.Call, asked string) (string, error) {
	if asked == "" || asked == "alias/aws/dms" || strings.HasSuffix(asked, ":alias/aws/dms") {
		arn, err := s.Vault.ManagedKey(ctx, s.Region, "dms")
		if err != nil {
			return "", keyFault(err)
		}
		if asked == "" || strings.HasPrefix(asked, "alias/") {
			return arn, nil
		}
	}
	vault, ok := s.Vault.(finder)
	if !ok {
		return "", fmt.Errorf("find the key %s: the vault does not know its keys", asked)
	}
	arn, err := vault.Usable(ctx, s.Region, asked)
	if err != nil {
		return "", keyFault(err)
	}
	own, err := s.Vault.IsManaged(ctx, s.Region, arn)
	if err != nil || own {
		return arn, keyFault(err)
	}
	checks, err := s.Vault.Checks(ctx, call, arn, nil, "dms."+s.Region+".amazonaws.com", "DescribeKey", "CreateGrant")
	if err == nil {
		err = call.Check(ctx, checks...)
	}
	return arn, keyFault(err)
}

// keyFault words what KMS says of a key as DMS does.
func keyFault(err error) error {
	var e *wire.Error
	if errors.As(err, &e) && !e.Server {
		return fault("KMSKeyNotAccessibleFault", "The KMS key cannot be used: %s", e.Message)
	}
	return err
}
