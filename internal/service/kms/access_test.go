package kms

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/kmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// TestAKeyThatCannotBeReadIsNotOneThatIsNotThere: without its policy nothing may be decided.
func TestAKeyThatCannotBeReadIsNotOneThatIsNotThere(t *testing.T) {
	b := newBench(t)
	k := b.make(t, nothing)
	blob, _, err := b.Encrypt(t.Context(), region, k.ID, []byte("x"), nil)
	require.NoError(t, err)
	api, err := New(b.Vault)
	require.NoError(t, err)
	away, cancel := context.WithCancel(t.Context())
	cancel()
	for name, in := range map[string]any{
		"DisableKey":  &kmsapi.DisableKeyRequest{KeyId: &k.ID},
		"Encrypt":     &kmsapi.EncryptRequest{KeyId: &k.ARN},
		"Decrypt":     &kmsapi.DecryptRequest{CiphertextBlob: blob},
		"ReEncrypt":   &kmsapi.ReEncryptRequest{CiphertextBlob: blob, DestinationKeyId: &k.ID},
		"RetireGrant": &kmsapi.RetireGrantRequest{GrantToken: new("token")},
	} {
		call := &service.Call{
			Service: &kmsapi.Service, Operation: kmsapi.Service.Operation(name), Partition: "aws", Region: region, Account: "111122223333", Now: b.time,
			Principal: &service.Principal{Kind: service.User, Account: "111122223333", ARN: "arn:aws:iam::111122223333:user/a"},
		}
		checks, err := api.Operation(name).Access(away, call, in)
		require.NoError(t, err, name)
		for _, c := range checks {
			require.ErrorIs(t, c.Unread, context.Canceled, name)
		}
		checks, err = api.Operation(name).Access(t.Context(), call, in)
		require.NoError(t, err, name)
		for _, c := range checks {
			require.NoError(t, c.Unread, name)
		}
	}
	checks, err := b.Checks(away, &service.Call{Region: region, Principal: &service.Principal{}}, k.ID, nil, "", "DescribeKey")
	require.NoError(t, err)
	require.ErrorIs(t, checks[0].Unread, context.Canceled, "of a key that another service uses")
}
