package secret

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"strings"
)

// idSize is the length of a root key's name, which stands before everything sealed under it.
const idSize = 8

// Keyring holds the root keys. The first one seals; all of them open.
type Keyring struct{ keys []rootKey }

type rootKey struct {
	id  [idSize]byte
	key *Key
}

// NewKeyring makes a keyring with one random key.
func NewKeyring() *Keyring { return (&Keyring{}).Rotated() }

// Rotated is the keyring with a new key in front. What was sealed before still opens; Stale finds it.
func (r *Keyring) Rotated() *Keyring {
	k := rootKey{key: NewKey()}
	_, _ = rand.Read(k.id[:])
	return &Keyring{append([]rootKey{k}, r.keys...)}
}

// Keep is the keyring with its first n keys.
func (r *Keyring) Keep(n int) *Keyring {
	n = min(n, len(r.keys))
	return &Keyring{r.keys[:n:n]}
}

// Len is the number of keys.
func (r *Keyring) Len() int { return len(r.keys) }

// ID names the key that seals.
func (r *Keyring) ID() string { return hex.EncodeToString(r.keys[0].id[:]) }

// Format hides the keys from every verb.
func (r *Keyring) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(hidden)) }

// LogValue hides the keys from slog.
func (r *Keyring) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalJSON hides the keys.
func (r *Keyring) MarshalJSON() ([]byte, error) { return []byte(`"` + hidden + `"`), nil }

// Seal encrypts a value under the first key and binds it to the associated data.
func (r *Keyring) Seal(plain, associated []byte) ([]byte, error) {
	first := &r.keys[0]
	sealed, err := first.key.Seal(plain, bound(first.id[:], associated))
	if err != nil {
		return nil, err
	}
	return append(first.id[:len(first.id):len(first.id)], sealed...), nil
}

// Open decrypts what Seal made with the same associated data, under whichever key it was sealed.
func (r *Keyring) Open(sealed, associated []byte) ([]byte, error) {
	if len(sealed) < idSize {
		return nil, ErrOpen
	}
	id := sealed[:idSize]
	for i := range r.keys {
		if bytes.Equal(r.keys[i].id[:], id) {
			return r.keys[i].key.Open(sealed[idSize:], bound(id, associated))
		}
	}
	return nil, fmt.Errorf("root key %x is not on the keyring: %w", id, ErrOpen)
}

// Stale reports that a value was sealed under a key that no longer seals, and should be sealed again.
func (r *Keyring) Stale(sealed []byte) bool { return !bytes.HasPrefix(sealed, r.keys[0].id[:]) }

func bound(id, associated []byte) []byte { return append(bytes.Clone(id), associated...) }

// text spells the keyring, a line for each key: its name and its material.
func (r *Keyring) text() string {
	var b strings.Builder
	for i := range r.keys {
		fmt.Fprintf(&b, "%x %s\n", r.keys[i].id, base64.StdEncoding.EncodeToString(r.keys[i].key.material[:]))
	}
	return b.String()
}

// parseKeyring reads keys as text spells them. Errors say the line and never what stands in it.
func parseKeyring(text string) (*Keyring, error) {
	r := &Keyring{}
	number := 0
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		k, err := parseRootKey(line)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
		r.keys = append(r.keys, k)
	}
	if len(r.keys) == 0 {
		return nil, errors.New("there is no key; want lines of a name (16 hexadecimal digits), a blank and 32 bytes in base64")
	}
	return r, nil
}

func parseRootKey(line string) (rootKey, error) {
	name, material, _ := strings.Cut(line, " ")
	id, err := hex.DecodeString(name)
	if err != nil || len(id) != idSize {
		return rootKey{}, errors.New("the key's name is wrong; want 16 hexadecimal digits before a blank")
	}
	raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(material))
	if err != nil {
		return rootKey{}, errors.New("the key is not base64")
	}
	key, err := KeyOf(raw)
	if err != nil {
		return rootKey{}, err
	}
	return rootKey{[idSize]byte(id), key}, nil
}
