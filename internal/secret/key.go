package secret

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
)

const (
	// KeySize is the length of a key in bytes.
	KeySize   = 32
	saltSize  = 32
	version   = 1
	keyDomain = "whimbrel sealed value 1"
)

// ErrOpen says that a sealed value does not open: it was changed, belongs elsewhere, or was sealed under another key.
var ErrOpen = errors.New("the sealed value does not open: it was changed, moved, or sealed under another key")

// Key seals and opens values. It prints as [secret].
type Key struct{ material [KeySize]byte }

// NewKey makes a random key.
func NewKey() *Key {
	k := &Key{}
	_, _ = rand.Read(k.material[:]) // never fails: the program ends instead
	return k
}

// KeyOf makes a key of existing material.
func KeyOf(material []byte) (*Key, error) {
	if len(material) != KeySize {
		return nil, fmt.Errorf("a key has %d bytes; want %d", len(material), KeySize)
	}
	k := &Key{}
	copy(k.material[:], material)
	return k, nil
}

// Material gives the key itself out, to be sealed under another.
func (k *Key) Material() []byte { return append([]byte(nil), k.material[:]...) }

// Format hides the key from every verb.
func (k *Key) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(hidden)) }

// LogValue hides the key from slog.
func (k *Key) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalJSON hides the key.
func (k *Key) MarshalJSON() ([]byte, error) { return []byte(`"` + hidden + `"`), nil }

// Seal encrypts a value and binds it to the associated data: version, salt, nonce, ciphertext and tag.
func (k *Key) Seal(plain, associated []byte) ([]byte, error) {
	sealed := make([]byte, 1+saltSize, 1+saltSize+12+len(plain)+16)
	sealed[0] = version
	_, _ = rand.Read(sealed[1:])
	aead, err := k.cipher(sealed[1:])
	if err != nil {
		return nil, err
	}
	return aead.Seal(sealed, nil, plain, associated), nil
}

// Open decrypts what Seal made with the same associated data.
func (k *Key) Open(sealed, associated []byte) ([]byte, error) {
	if len(sealed) < 1+saltSize+12+16 || sealed[0] != version {
		return nil, ErrOpen
	}
	aead, err := k.cipher(sealed[1 : 1+saltSize])
	if err != nil {
		return nil, err
	}
	plain, err := aead.Open(nil, nil, sealed[1+saltSize:], associated)
	if err != nil {
		return nil, ErrOpen
	}
	return plain, nil
}

// cipher makes the cipher of one message.
func (k *Key) cipher(salt []byte) (cipher.AEAD, error) {
	derived, err := hkdf.Key(sha256.New, k.material[:], salt, keyDomain, KeySize)
	if err != nil {
		return nil, fmt.Errorf("derive a message's key: %w", err)
	}
	block, err := aes.NewCipher(derived)
	if err != nil {
		return nil, fmt.Errorf("make the cipher: %w", err)
	}
	return cipher.NewGCMWithRandomNonce(block)
}
