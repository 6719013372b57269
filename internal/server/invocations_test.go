package server

import (
	"context"
	"encoding/json"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/audit"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/secret"
	"github.com/whimbreldb/whimbrel/internal/service/kms"
	"github.com/whimbreldb/whimbrel/internal/store"
	"github.com/whimbreldb/whimbrel/internal/store/etcd/etcdtest"
	"github.com/whimbreldb/whimbrel/internal/store/storetest"
)

// TestWhatDMSCallsIsRecorded: its uses of keys and of roles stand in the trail as its own, without what was sealed; and without a trail nothing is
// sealed, opened or assumed.
func TestWhatDMSCallsIsRecorded(t *testing.T) {
	base := storetest.Retried(etcdtest.Private(t))
	life, end := context.WithCancel(context.Background())
	t.Cleanup(end)
	home, ring := cluster{Partition: "aws", Region: "eu-central-1", Account: "111122223333"}, secret.NewKeyring()
	directory, err := identity.Open(life, base, identity.Config{Partition: home.Partition, Account: home.Account, Sealer: ring, Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	p := &parts{store: store.Following(base, directory.Follower()), directory: directory, cluster: home, config: &Config{Now: time.Now}}
	p.trail, err = openTrails(&Config{DataDir: t.TempDir(), Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	t.Cleanup(func() { _ = p.trail.close() })
	p.vault = kms.NewVault(p.store, ring, kms.Home{Partition: home.Partition, Account: home.Account}, time.Now)
	for name, trust := range map[string]string{"ours": "dms.amazonaws.com", "others": "ec2.amazonaws.com"} {
		role := identity.Role{Name: name, Path: "/", ID: "AROA" + name, Trust: `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"` + trust + `"},"Action":"sts:AssumeRole"}}`}
		_, err := p.store.Update(t.Context(), func(tx store.Tx) error { return store.Write(tx, identity.RoleKey(name), role) })
		require.NoError(t, err)
	}

	vault, bound := invokedVault{p.vault, p.invocations()}, map[string]string{"aws:dms:arn": "arn:aws:dms:eu-central-1:111122223333:endpoint:E"}
	key, err := vault.ManagedKey(t.Context(), home.Region, "dms")
	require.NoError(t, err)
	blob, _, err := vault.Encrypt(t.Context(), home.Region, key, []byte("hunter2"), bound)
	require.NoError(t, err)
	plain, _, err := vault.Decrypt(t.Context(), home.Region, blob, bound)
	require.NoError(t, err)
	require.Equal(t, "hunter2", string(plain))
	_, _, err = vault.Decrypt(t.Context(), home.Region, blob, nil)
	require.Error(t, err)

	roles := invokedRoles{identity.ServiceRoles{Directory: directory, Region: home.Region, Now: time.Now}, p.invocations()}
	role := func(name string) string { return "arn:aws:iam::111122223333:role/" + name }
	require.NoError(t, roles.Lets(t.Context(), role("ours"), "dms.amazonaws.com", "arn:x", nil))
	require.ErrorContains(t, roles.Lets(t.Context(), role("ours"), "dms.amazonaws.com", "arn:x", map[string][]string{"s3:GetObject": {"*"}}), "do not allow s3:GetObject")
	require.ErrorContains(t, roles.Lets(t.Context(), role("others"), "dms.amazonaws.com", "arn:x", nil), "does not let dms.amazonaws.com assume it")
	require.Equal(t, []string{
		"Encrypt " + key + " AWS::KMS::Key ", "Decrypt " + key + " AWS::KMS::Key ", "Decrypt " + key + " AWS::KMS::Key InvalidCiphertextException",
		"AssumeRole " + role("ours") + " AWS::IAM::Role ", "AssumeRole " + role("ours") + " AWS::IAM::Role ", "AssumeRole " + role("others") + " AWS::IAM::Role AccessDeniedException",
	}, ownCalls(t, p.trail.known))

	require.NoError(t, p.trail.close())
	_, _, err = vault.Encrypt(t.Context(), home.Region, key, []byte("hunter2"), bound)
	require.ErrorContains(t, err, "nothing can be recorded in the audit trail")
	_, _, err = vault.Decrypt(t.Context(), home.Region, blob, bound)
	require.ErrorContains(t, err, "nothing can be recorded in the audit trail")
	require.ErrorContains(t, roles.Lets(t.Context(), role("ours"), "dms.amazonaws.com", "arn:x", nil), "nothing can be recorded in the audit trail")
}

// ownCalls lists the records, the oldest first, each of which must be DMS's own.
func ownCalls(t *testing.T, trail *audit.Trail) (all []string) {
	t.Helper()
	require.NoError(t, trail.Lookup(t.Context(), audit.Period{}, audit.Position{}, func(line []byte, _ audit.Position) bool {
		var r audit.Record
		require.NoError(t, json.Unmarshal(line, &r))
		require.NotContains(t, string(line), "hunter2")
		require.Equal(t, []string{"AWSService", "dms.amazonaws.com", "dms.amazonaws.com"}, []string{r.UserIdentity.Type, r.UserIdentity.InvokedBy, r.SourceIP})
		require.True(t, r.ReadOnly)
		require.Len(t, r.Resources, 1)
		all = append([]string{r.EventName + " " + r.Resources[0].ARN + " " + r.Resources[0].Type + " " + r.ErrorCode}, all...)
		return true
	}))
	return all
}
