package kms

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/kmsapi"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// resolve turns a key's ID, ARN, alias or alias's ARN into its ID.
func (v *Vault) resolve(from getter, region, name string) (string, error) {
	if strings.HasPrefix(name, "arn:") {
		rest, ours := strings.CutPrefix(name, v.arn(region, ""))
		if !ours {
			return "", v.foreign(name)
		}
		name = rest
		if id, ok := strings.CutPrefix(name, "key/"); ok {
			name = id
		} else if !strings.HasPrefix(name, "alias/") {
			return "", kmsapi.Service.NewError("InvalidArnException", "%s is neither a key's ARN nor an alias's", name)
		}
	}
	if !strings.HasPrefix(name, "alias/") {
		return name, nil
	}
	alias, err := store.Read[aliasRecord](from, aliasPath(region, name))
	if errors.Is(err, store.ErrNotFound) {
		return "", notFound("Alias " + v.arn(region, name) + " is not found.")
	}
	if err != nil {
		return "", fmt.Errorf("read %s: %w", name, err)
	}
	return alias.Target, nil
}

// foreign words what is wrong with an ARN that is not of this account and region.
func (v *Vault) foreign(arn string) error {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 || parts[2] != "kms" {
		return kmsapi.Service.NewError("InvalidArnException", "Invalid arn %s", arn)
	}
	return notFound("Key '" + arn + "' does not exist")
}

// alias returns the alias in a key's name, if it is one.
func aliasIn(name string) string {
	if strings.HasPrefix(name, "arn:") {
		if parts := strings.SplitN(name, ":", 6); len(parts) == 6 {
			name = parts[5]
		}
	}
	if strings.HasPrefix(name, "alias/") {
		return name
	}
	return ""
}

// newUUID makes a random identifier of version 4.
func newUUID() string {
	var b [keyIDSize]byte
	_, _ = rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return uuidText(b[:])
}

func uuidText(b []byte) string {
	x := hex.EncodeToString(b)
	return x[:8] + "-" + x[8:12] + "-" + x[12:16] + "-" + x[16:20] + "-" + x[20:]
}

func uuidBytes(text string) ([]byte, error) {
	b, err := hex.DecodeString(strings.ReplaceAll(text, "-", ""))
	if err != nil || len(b) != keyIDSize {
		return nil, fmt.Errorf("%q is no key's ID", text)
	}
	return b, nil
}
