package secretsmanager

import (
	"context"
	"crypto/rand"
	"math/big"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/secretsmanagerapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// getRandomPassword makes a password.
func (s *Service) getRandomPassword() service.Operation {
	return service.Handle("GetRandomPassword", func(_ context.Context, call *service.Call, _ *secretsmanagerapi.GetRandomPasswordRequest) ([]service.Check, error) {
		return call.OnAny(), nil
	},
		func(_ context.Context, _ *service.Call, in *secretsmanagerapi.GetRandomPasswordRequest) (*secretsmanagerapi.GetRandomPasswordResponse, error) {
			classes := classesOf(in)
			length := 32
			if in.PasswordLength != nil {
				length = int(*in.PasswordLength)
			}
			each := in.RequireEachIncludedType == nil || *in.RequireEachIncludedType
			switch {
			case len(classes) == 0:
				return nil, fault("InvalidParameterException", "no character is left for the password")
			case length < 1 || length > 4096 || each && length < len(classes):
				return nil, fault("InvalidParameterException", "PasswordLength is %d; want one of each kind of character, and 4096 at most", length)
			}
			return &secretsmanagerapi.GetRandomPasswordResponse{RandomPassword: new(password(classes, length, each))}, nil
		})
}

const (
	lowerCase   = "abcdefghijklmnopqrstuvwxyz"
	upperCase   = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	digits      = "0123456789"
	punctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
)

// password makes a text of the characters; each asks for one of every kind at least.
func password(classes []string, length int, each bool) string {
	text := make([]byte, 0, length)
	if each {
		for _, c := range classes {
			text = append(text, c[random(len(c))])
		}
	}
	all := strings.Join(classes, "")
	for len(text) < length {
		text = append(text, all[random(len(all))])
	}
	for i := range text { // so that the kinds do not stand in their order
		j := i + random(len(text)-i)
		text[i], text[j] = text[j], text[i]
	}
	return string(text)
}

// classesOf lists the characters that may be used, by their kinds.
func classesOf(in *secretsmanagerapi.GetRandomPasswordRequest) []string {
	var classes []string
	for _, c := range []struct {
		without bool
		text    string
	}{{deref(in.ExcludeLowercase), lowerCase}, {deref(in.ExcludeUppercase), upperCase}, {deref(in.ExcludeNumbers), digits}, {deref(in.ExcludePunctuation), punctuation}, {!deref(in.IncludeSpace), " "}} {
		left := strings.Map(func(r rune) rune {
			if c.without || strings.ContainsRune(deref(in.ExcludeCharacters), r) {
				return -1
			}
			return r
		}, c.text)
		if left != "" {
			classes = append(classes, left)
		}
	}
	return classes
}

// random is a number below n that cannot be guessed.
func random(n int) int {
	v, _ := rand.Int(rand.Reader, big.NewInt(int64(n))) // never fails
	return int(v.Int64())
}
