package server

import (
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/audit"
	"github.com/whimbreldb/whimbrel/internal/edge"
	"github.com/whimbreldb/whimbrel/internal/edge/wire"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/secretsmanagerapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/secret"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/service/kms"
	"github.com/whimbreldb/whimbrel/internal/store"
	"github.com/whimbreldb/whimbrel/internal/store/etcd/etcdtest"
	"github.com/whimbreldb/whimbrel/internal/store/storetest"
)

// TestSecretsAreReadInARole: the role's trust, its policies and the secret's own policy decide, and nothing else.
func TestSecretsAreReadInARole(t *testing.T) {
	base := storetest.Retried(etcdtest.Private(t))
	ctx, end := context.WithCancel(context.Background())
	t.Cleanup(end)
	home := cluster{Partition: "aws", Region: "eu-central-1", Account: "111122223333"}
	ring := secret.NewKeyring()
	directory, err := identity.Open(ctx, base, identity.Config{Partition: home.Partition, Account: home.Account, Sealer: ring, Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	p := &parts{
		store: store.Following(base, directory.Follower()), directory: directory, cluster: home, config: &Config{Now: time.Now},
		policies: &edge.Policies{Speakers: directory},
	}
	p.trail, err = openTrails(&Config{DataDir: t.TempDir(), Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	t.Cleanup(func() { _ = p.trail.known.Close(); _ = p.trail.refused.Close() })
	p.vault = kms.NewVault(p.store, ring, kms.Home{Partition: home.Partition, Account: home.Account}, time.Now)
	r, err := p.roleSecrets()
	require.NoError(t, err)

	call := &service.Call{
		Service: r.api.Model, Operation: r.api.Model.Operation("CreateSecret"), Partition: home.Partition, Region: home.Region, Account: home.Account, Now: time.Now(),
		Principal: &service.Principal{Kind: service.Root, Account: home.Account}, Check: func(context.Context, ...service.Check) error { return nil },
	}
	made, err := r.api.Operation("CreateSecret").Do(t.Context(), call, &secretsmanagerapi.CreateSecretRequest{Name: new("db/shop"), SecretString: new(`{"username":"u"}`)})
	require.NoError(t, err)
	arn := *made.(*secretsmanagerapi.CreateSecretResponse).ARN
	require.Equal(t, service.Check{Action: "secretsmanager:DescribeSecret", Resource: arn}, r.Check(t.Context(), call, "db/shop"))

	trust := func(who string) string {
		return `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"` + who + `"},"Action":"sts:AssumeRole"}}`
	}
	reads := func(what string) map[string]string {
		return map[string]string{"read": `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"secretsmanager:GetSecretValue","Resource":"` + what + `","Condition":{"Bool":{"aws:SecureTransport":"true"}}}}`}
	}
	ours := trust("dms.eu-central-1.amazonaws.com")
	for name, role := range map[string]identity.Role{
		"reader": {Trust: ours, Policies: identity.Policies{Inline: reads(arn)}}, "other": {Trust: ours, Policies: identity.Policies{Inline: reads(arn + "x")}},
		"idle": {Trust: ours}, "not-ours": {Trust: trust("dms.amazonaws.com"), Policies: identity.Policies{Inline: reads("*")}},
		"everything": {Trust: ours, Policies: identity.Policies{Inline: reads("*")}},
	} {
		role.Name, role.Path, role.ID = name, "/", "AROA"+name
		_, err := p.store.Update(t.Context(), func(tx store.Tx) error { return store.Write(tx, identity.RoleKey(name), role) })
		require.NoError(t, err)
	}
	in := func(name string) string { return "arn:aws:iam::111122223333:role/" + name }
	for _, id := range []string{"db/shop", arn, arn[:len(arn)-7]} {
		value, err := r.Value(t.Context(), in("reader"), id)
		require.NoError(t, err)
		require.JSONEq(t, `{"username":"u"}`, string(value))
	}
	for _, c := range []struct{ role, id, code, words string }{
		{"none", "db/shop", "AccessDeniedException", "There is no such role"},
		{"not-ours", "db/shop", "AccessDeniedException", "does not let dms.eu-central-1.amazonaws.com assume it"},
		{"idle", "db/shop", "AccessDeniedException", "is not authorized to perform: secretsmanager:GetSecretValue"},
		{"other", "db/shop", "AccessDeniedException", "is not authorized"},
		{"reader", "gone", "AccessDeniedException", "is not authorized"},
		{"everything", "gone", "ResourceNotFoundException", "can't find the specified secret"},
		{"everything", "", "ValidationException", "secretId"},
	} {
		_, err := r.Value(t.Context(), in(c.role), c.id)
		var refused *wire.Error
		require.ErrorAs(t, err, &refused, c.role)
		require.Equal(t, c.code, refused.Code, refused.Message)
		require.Contains(t, refused.Message, c.words)
	}
	_, err = r.api.Operation("PutResourcePolicy").Do(t.Context(), call, &secretsmanagerapi.PutResourcePolicyRequest{
		SecretId: &arn, ResourcePolicy: new(`{"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":"*","Action":"secretsmanager:*","Resource":"*"}}`),
	})
	require.NoError(t, err)
	_, err = r.Value(t.Context(), in("reader"), arn)
	require.ErrorContains(t, err, "explicit deny")
	readsAreRecorded(t, p.trail.known)
}

// readsAreRecorded: the trail says that DMS took on the role and read the secret in it, or was not let, and never what it read.
func readsAreRecorded(t *testing.T, trail *audit.Trail) {
	t.Helper()
	found := map[string]int{}
	require.NoError(t, trail.Lookup(t.Context(), audit.Period{}, audit.Position{}, func(line []byte, _ audit.Position) bool {
		var r audit.Record
		require.NoError(t, json.Unmarshal(line, &r))
		require.NotContains(t, string(line), "username")
		require.Equal(t, []string{"dms.amazonaws.com", "dms.amazonaws.com"}, []string{r.UserIdentity.InvokedBy, r.SourceIP})
		found[strings.Join([]string{r.EventName, r.UserIdentity.Type, r.UserIdentity.ARN, r.ErrorCode}, " ")]++
		return true
	}))
	sts := "arn:aws:sts::111122223333:assumed-role/"
	require.Equal(t, map[string]int{
		"AssumeRole AWSService  ": 9, "AssumeRole AWSService  AccessDeniedException": 2,
		"GetSecretValue AssumedRole " + sts + "reader/dms-session ": 3, "GetSecretValue AssumedRole " + sts + "reader/dms-session AccessDeniedException": 2,
		"GetSecretValue AssumedRole " + sts + "idle/dms-session AccessDeniedException": 1, "GetSecretValue AssumedRole " + sts + "other/dms-session AccessDeniedException": 1,
		"GetSecretValue AssumedRole " + sts + "everything/dms-session ResourceNotFoundException": 1, "GetSecretValue AssumedRole " + sts + "everything/dms-session ValidationException": 1,
	}, found)
}
