// Package secret keeps secrets: values that hide themselves when printed, and envelope encryption under a root key.
//
// A Keyring holds the root keys, one of which seals; the others only open what was sealed before a rotation. It comes
// from a file, from the environment, or from a file that a passphrase opens (argon2id). Keys of other rooms (the
// material of KMS keys) are sealed under it, and secrets under those.
//
// The cryptography is Go's own library, which needs no second supply chain and runs in its FIPS 140-3 mode: AES-256-GCM
// under a key derived with HKDF-SHA256 for each message, so that no number of messages wears a key out. What was sealed
// is bound to its associated data: moved to another record it does not open.
package secret
