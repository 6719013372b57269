package kms

import "context"

// A Safe seals what a service keeps in the store, under the service's AWS managed key.
type Safe struct {
	vault           *Vault
	region, service string
}

// Safe is that of a service: iam's is alias/aws/iam.
func (v *Vault) Safe(region, service string) Safe { return Safe{v, region, service} }

// Seal seals a value and binds it to an encryption context. The key is made on first use.
func (s Safe) Seal(ctx context.Context, plain []byte, bound map[string]string) ([]byte, error) {
	key, err := s.vault.ManagedKey(ctx, s.region, s.service)
	if err != nil {
		return nil, err
	}
	sealed, _, err := s.vault.Encrypt(ctx, s.region, key, plain, bound)
	return sealed, err
}

// Open opens what Seal made with the same context.
func (s Safe) Open(ctx context.Context, sealed []byte, bound map[string]string) ([]byte, error) {
	plain, _, err := s.vault.Decrypt(ctx, s.region, sealed, bound)
	return plain, err
}
