package identity

import (
	"encoding/base64"
	"errors"
)

var messageData = []byte("whimbrel authorization message 1")

// SealMessage makes the encoded authorization message of a denial: its details, for those alone who may decode it.
func (d *Directory) SealMessage(details []byte) (string, error) {
	sealed, err := d.sealer.Seal(details, messageData)
	if err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(sealed), nil
}

// OpenMessage decodes an authorization message.
func (d *Directory) OpenMessage(message string) (string, error) {
	sealed, err := base64.RawURLEncoding.DecodeString(message)
	if err != nil {
		return "", errors.New("not an encoded authorization message")
	}
	plain, err := d.sealer.Open(sealed, messageData)
	return string(plain), err
}
