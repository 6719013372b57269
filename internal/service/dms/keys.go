package dms

import (
	"context"
	"errors"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/edge/wire"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// keys is what a Vault that knows its keys can do beside.
type keys interface {
	ManagedKey(ctx context.Context, region, service string) (arn string, err error)
	Usable(ctx context.Context, region, key string) (arn string, err error)
	IsManaged(ctx context.Context, region, key string) (bool, error)
	Checks(ctx context.Context, call *service.Call, key string, context map[string]string, via string, actions ...string) ([]service.Check, error)
}

// keyARN finds the KMS key for a new resource: the one that was asked for, by its ID, ARN or alias, if it can be used and
// the caller may use it; the account's key for DMS otherwise.
func (s *Service) keyARN(ctx context.Context, call *service.Call, asked string) (string, error) {
	vault, ok := s.Vault.(keys)
	if !ok {
		return asked, nil
	}
	if asked == "" || asked == "alias/aws/dms" || strings.HasSuffix(asked, ":alias/aws/dms") {
		arn, err := vault.ManagedKey(ctx, s.Region, "dms")
		if err != nil {
			return "", keyFault(err)
		}
		if asked == "" || strings.HasPrefix(asked, "alias/") {
			return arn, nil
		}
	}
	arn, err := vault.Usable(ctx, s.Region, asked)
	if err != nil {
		return "", keyFault(err)
	}
	own, err := vault.IsManaged(ctx, s.Region, arn)
	if err != nil || own {
		return arn, keyFault(err)
	}
	checks, err := vault.Checks(ctx, call, arn, nil, "dms."+s.Region+".amazonaws.com", "DescribeKey", "CreateGrant")
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
