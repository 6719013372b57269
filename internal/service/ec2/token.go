package ec2

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"reflect"
)

// A Token is that of the request that made a record, with a hash of what was asked: a request that is sent again, because its answer was
// lost, makes no second one (EC2 API reference, "Ensuring idempotency").
type Token struct{ Client, Asked string }

// longestToken is in characters.
const longestToken = 64

// tokenOf is the token of a request, nil if it has none.
func tokenOf(client *string, in any) (*Token, error) {
	if value(client) == "" {
		return nil, nil //nolint:nilnil // the request has none
	}
	if len(*client) > longestToken {
		return nil, invalid("The client token has %d characters, of at most %d.", len(*client), longestToken)
	}
	text, err := json.Marshal(in)
	if err != nil {
		return nil, fmt.Errorf("encode a request for its token: %w", err)
	}
	sum := sha256.Sum256(append([]byte(reflect.TypeOf(in).String()), text...))
	return &Token{Client: *client, Asked: hex.EncodeToString(sum[:])}, nil
}

// madeBefore finds what a request with the same token made, nil if there is nothing.
func madeBefore[T any](from lister, k kind, token *Token, of func(*T) *Token) (*T, error) {
	if token == nil {
		return nil, nil //nolint:nilnil // nothing to look for
	}
	all, err := every[T](from, k)
	if err != nil {
		return nil, err
	}
	made, ok := firstOf(all, func(v *T) bool { t := of(v); return t != nil && t.Client == token.Client })
	switch {
	case !ok:
		return nil, nil //nolint:nilnil // nothing was made
	case of(made).Asked != token.Asked:
		return nil, fault("IdempotentParameterMismatch", "The client token %s was used by a request with other parameters.", token.Client)
	}
	return made, nil
}
