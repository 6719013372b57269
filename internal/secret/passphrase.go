package secret

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// sealedHeader begins a keyring that a passphrase seals.
const sealedHeader = "whimbrel root keys sealed with argon2id"

// Cost of argon2id: RFC 9106's second recommended choice, 64 MiB and three passes.
const (
	argonMemory = 64 << 10 // KiB
	argonPasses = 3
	argonLanes  = 4
	argonSalt   = 16
	// Bounds of what a file may ask for, so that a changed file cannot make the start take all memory.
	argonMaxMemory = 4 << 20
	argonMaxPasses = 100
)

// MinPassphrase is the shortest passphrase that is taken.
const MinPassphrase = 12

// sealKeyring writes a keyring under a passphrase: the header with the cost, then the salt and the sealed keys.
func sealKeyring(r *Keyring, passphrase Value) (string, error) {
	if len(passphrase.Reveal()) < MinPassphrase {
		return "", fmt.Errorf("the passphrase is too short; want at least %d characters", MinPassphrase)
	}
	salt := make([]byte, argonSalt)
	_, _ = rand.Read(salt)
	header := fmt.Sprintf("%s m=%d t=%d p=%d", sealedHeader, argonMemory, argonPasses, argonLanes)
	key, err := derive(passphrase, salt, argonMemory, argonPasses, argonLanes)
	if err != nil {
		return "", err
	}
	sealed, err := key.Seal([]byte(r.text()), []byte(header))
	if err != nil {
		return "", err
	}
	return header + "\n" + base64.StdEncoding.EncodeToString(append(salt, sealed...)) + "\n", nil
}

// openKeyring reads what sealKeyring wrote.
func openKeyring(text string, passphrase Value) (*Keyring, error) {
	header, body, _ := strings.Cut(text, "\n")
	var memory, passes uint32
	var lanes uint8
	if _, err := fmt.Sscanf(header[len(sealedHeader):], " m=%d t=%d p=%d", &memory, &passes, &lanes); err != nil {
		return nil, errors.New("its first line does not say the cost; the file is damaged")
	}
	if memory < 8 || memory > argonMaxMemory || passes < 1 || passes > argonMaxPasses || lanes < 1 {
		return nil, errors.New("the cost in its first line is out of bounds; the file is damaged")
	}
	raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(body))
	if err != nil || len(raw) < argonSalt {
		return nil, errors.New("its second line is not base64; the file is damaged")
	}
	key, err := derive(passphrase, raw[:argonSalt], memory, passes, lanes)
	if err != nil {
		return nil, err
	}
	plain, err := key.Open(raw[argonSalt:], []byte(header))
	if err != nil {
		return nil, errors.New("the passphrase is wrong, or the file is damaged")
	}
	return parseKeyring(string(plain))
}

func derive(passphrase Value, salt []byte, memory, passes uint32, lanes uint8) (*Key, error) {
	return KeyOf(argon2.IDKey([]byte(passphrase.Reveal()), salt, passes, memory, lanes, KeySize))
}
