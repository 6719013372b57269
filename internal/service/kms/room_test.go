package kms

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/kmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// TestThereIsRoomForSoMany makes one more grant on a key, and one more alias, than there may be.
func TestThereIsRoomForSoMany(t *testing.T) {
	b := newBench(t)
	s, err := New(b.Vault)
	require.NoError(t, err)
	k := b.make(t, nothing)
	for prefix, n := range map[string]int{grantPath(region, k.ID, ""): mostKeyGrants, aliasPath(region, "alias/"): mostAliases} {
		for begin := 0; begin < n; begin += 1000 {
			_, err := b.store.Update(t.Context(), func(tx store.Tx) error {
				for i := begin; i < min(begin+1000, n); i++ {
					tx.Put(fmt.Sprintf("%sx%05d", prefix, i), []byte("{}"))
				}
				return nil
			})
			require.NoError(t, err)
		}
	}
	call := &service.Call{Service: &kmsapi.Service, Partition: "aws", Region: region, Account: "111122223333", Now: b.time, Principal: &service.Principal{Kind: service.Root, Account: "111122223333"}}
	_, err = s.Operation("CreateGrant").Do(t.Context(), call, &kmsapi.CreateGrantRequest{KeyId: &k.ID, GranteePrincipal: new("arn:aws:iam::111122223333:user/a"), Operations: []string{"Decrypt"}})
	require.ErrorContains(t, err, "LimitExceededException")
	require.ErrorContains(t, err, "5000 grants on the key")
	_, err = s.Operation("CreateAlias").Do(t.Context(), call, &kmsapi.CreateAliasRequest{AliasName: new("alias/more"), TargetKeyId: &k.ID})
	require.ErrorContains(t, err, "10000 aliases in the account")
	_, err = s.Operation("CreateKey").Do(t.Context(), call, &kmsapi.CreateKeyRequest{})
	require.NoError(t, err)
}
