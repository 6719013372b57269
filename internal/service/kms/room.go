package kms

import (
	"github.com/whimbreldb/whimbrel/internal/edge/wire/kmsapi"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// How many there may be, so that nobody fills the store that all of the state lies in. KMS allows 100 000 keys with 50
// aliases and 50 000 grants each, in a store of its own.
const (
	mostKeys      = 10_000
	mostAliases   = 10_000
	mostKeyGrants = 5_000
	mostGrants    = 50_000
)

// room refuses one more than there may be.
func room(tx store.Tx, prefix string, most int, what string) error {
	have, err := store.Count(tx, prefix)
	if err != nil {
		return err
	}
	if have >= most {
		return kmsapi.Service.NewError("LimitExceededException", "There are %d %s, which is as many as may be.", have, what)
	}
	return nil
}
