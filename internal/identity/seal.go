package identity

// A Sealer keeps secrets that lie in the store. What was sealed with some associated data opens with the same data only.
// A secret.Keyring is one.
type Sealer interface {
	Seal(plain, associated []byte) ([]byte, error)
	Open(sealed, associated []byte) ([]byte, error)
}
