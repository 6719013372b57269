package dms

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/whimbreldb/whimbrel/internal/edge/wire"
)

// secrets are what an endpoint or a certificate keeps sealed.
type secrets struct {
	Password string `json:",omitempty"`
	PEM      string `json:",omitempty"`
}

// bound ties what is sealed to the one resource it belongs to.
func bound(arn string) map[string]string { return map[string]string{"aws:dms:arn": arn} }

// seal seals the secrets of a resource under a key. It answers the key's ARN too.
func (s *Service) seal(ctx context.Context, key, arn string, what secrets) (blob []byte, keyARN string, err error) {
	plain, err := json.Marshal(what)
	if err != nil {
		return nil, "", fmt.Errorf("encode the secrets of %s: %w", arn, err)
	}
	blob, keyARN, err = s.Vault.Encrypt(ctx, s.Region, key, plain, bound(arn))
	return blob, keyARN, keyFault(err)
}

// open reads the secrets of a resource.
func (s *Service) open(ctx context.Context, arn string, blob []byte) (what secrets, err error) {
	plain, _, err := s.Vault.Decrypt(ctx, s.Region, blob, bound(arn))
	if err != nil {
		return what, keyFault(err)
	}
	if err := json.Unmarshal(plain, &what); err != nil {
		return what, fmt.Errorf("read the secrets of %s: they are not what was sealed", arn)
	}
	return what, nil
}

// isKeyFault reports that a key of KMS is in the way.
func isKeyFault(err error) bool {
	var e *wire.Error
	return errors.As(err, &e) && e.Shape == "KMSKeyNotAccessibleFault"
}
