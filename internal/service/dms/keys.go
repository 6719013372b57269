package dms

import (
	"context"
	"errors"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/edge/wire"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// keyARN finds the KMS key for a new resource: the one that was asked for, if the caller may use it; the account's key for
// DMS otherwise.
func (s *Service) keyARN(ctx context.Context, call *service.Call, asked string) (string, error) {
	if asked == "" || strings.HasSuffix(asked, "alias/aws/dms") {
		arn, err := s.Vault.ManagedKey(ctx, s.Region, "dms")
		return arn, keyFault(err)
	}
	own, err := s.Vault.IsManaged(ctx, s.Region, asked)
	if err != nil || own {
		return asked, keyFault(err)
	}
	checks, err := s.Vault.Checks(ctx, call, asked, nil, "dms."+s.Region+".amazonaws.com", "DescribeKey", "CreateGrant")
	if err == nil {
		err = call.Check(ctx, checks...)
	}
	return asked, keyFault(err)
}

// keyFault words what KMS says of a key as DMS does.
func keyFault(err error) error {
	var e *wire.Error
	if errors.As(err, &e) && !e.Server {
		return fault("KMSKeyNotAccessibleFault", "The KMS key cannot be used: %s", e.Message)
	}
	return err
}
