package identity

import "context"

// A Sealer keeps what clients hold: session tokens and encoded messages. What was sealed with some associated data opens with
// the same data only. A secret.Keyring is one.
type Sealer interface {
	Seal(plain, associated []byte) ([]byte, error)
	Open(sealed, associated []byte) ([]byte, error)
}

// A Safe keeps secrets that lie in the store, under a key of KMS; bound is the encryption context. A kms.Safe is one.
type Safe interface {
	Seal(ctx context.Context, plain []byte, bound map[string]string) ([]byte, error)
	Open(ctx context.Context, sealed []byte, bound map[string]string) ([]byte, error)
}
