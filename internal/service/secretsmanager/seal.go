package secretsmanager

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"slices"

	"github.com/whimbreldb/whimbrel/internal/edge/wire"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// managedKey is the service's own key.
const managedKey = "secretsmanager"

// keyFor is the KMS key of a secret, the service's own when it names none.
func (s *Service) keyFor(ctx context.Context, call *service.Call, name string) (string, error) {
	if name != "" && name != "alias/aws/"+managedKey {
		return name, nil
	}
	return s.vault.ManagedKey(ctx, call.Region, managedKey)
}

// keyChecks has the checks decided on a customer's key that a call makes use of: the one that sealed a value, or will.
// The service's own key lets everyone in who may use the secret.
func (s *Service) keyChecks(ctx context.Context, call *service.Call, r *secretRecord, key string, actions ...string) error {
	own, err := s.vault.IsManaged(ctx, call.Region, key)
	if err != nil {
		return keyError(err)
	}
	if own {
		return nil
	}
	checks, err := s.vault.Checks(ctx, call, key, bound(r.ARN), managedKey+"."+call.Region+".amazonaws.com", actions...)
	if err != nil {
		return err
	}
	return call.Check(ctx, checks...)
}

func bound(arn string) map[string]string { return map[string]string{"SecretARN": arn} }

// seal makes a version of a value under the secret's key.
func (s *Service) seal(ctx context.Context, call *service.Call, r *secretRecord, token *string, text *string, binary []byte) (version, error) {
	if text != nil && binary != nil {
		return version{}, fault("InvalidParameterException", "You can't specify both a binary secret value and a string secret value in the same secret.")
	}
	v := version{ID: deref(token), Created: call.Now.UTC(), Binary: text == nil}
	if v.ID == "" {
		v.ID = newToken()
	}
	plain := binary
	if text != nil {
		plain = []byte(*text)
	}
	if len(plain) > maxValue {
		return version{}, fault("InvalidParameterException", "The secret value is longer than %d bytes.", maxValue)
	}
	key, err := s.keyFor(ctx, call, r.Key)
	if err != nil {
		return version{}, err
	}
	if err := s.keyChecks(ctx, call, r, key, "GenerateDataKey"); err != nil {
		return version{}, err
	}
	v.Sealed, v.KeyARN, err = s.vault.Encrypt(ctx, call.Region, key, plain, bound(r.ARN))
	return v, keyError(err)
}

const maxValue = 65536

// open reads the value of a version.
func (s *Service) open(ctx context.Context, call *service.Call, r *secretRecord, v *version) ([]byte, error) {
	plain, _, err := s.vault.Decrypt(ctx, call.Region, v.Sealed, bound(r.ARN))
	return plain, keyError(err)
}

// keyError is what a caller of this service is told about a key that cannot be used.
func keyError(err error) error {
	var refused *wire.Error
	if !errors.As(err, &refused) {
		return err
	}
	return fault("InvalidRequestException", "The KMS key of this secret cannot be used: %s", refused.Message)
}

// same reports that a version holds a value already: the same token twice is the same request twice.
func (s *Service) same(ctx context.Context, call *service.Call, r *secretRecord, v *version, text *string, binary []byte) error {
	plain, err := s.open(ctx, call, r, v)
	if err != nil {
		return err
	}
	want := binary
	if text != nil {
		want = []byte(*text)
	}
	if v.Binary != (text == nil) || subtle.ConstantTimeCompare(plain, want) != 1 {
		return fault("ResourceExistsException", "You can't use ClientRequestToken %s because that value is already in use for a version of the secret %s.", v.ID, r.ARN)
	}
	return nil
}

// newToken makes a version's ID.
func newToken() string {
	var b [16]byte
	_, _ = rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	x := hex.EncodeToString(b[:])
	return x[:8] + "-" + x[8:12] + "-" + x[12:16] + "-" + x[16:20] + "-" + x[20:]
}

// put adds a version with its stages; without any it becomes the current one.
func (r *secretRecord) put(v version, stages []string) error {
	if r.version(v.ID) != nil {
		return fault("ResourceExistsException", "The version %s exists already.", v.ID)
	}
	if len(stages) == 0 {
		stages = []string{current}
	}
	r.Versions = append(r.Versions, v)
	for _, stage := range slices.Compact(slices.Sorted(slices.Values(stages))) {
		r.move(stage, &r.Versions[len(r.Versions)-1])
	}
	r.trim()
	return nil
}
