package secretsmanager

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/secretsmanagerapi"
	"github.com/whimbreldb/whimbrel/internal/secret"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/service/kms"
	"github.com/whimbreldb/whimbrel/internal/store"
	"github.com/whimbreldb/whimbrel/internal/store/etcd/etcdtest"
	"github.com/whimbreldb/whimbrel/internal/store/storetest"
)

// bench is a service over a store, and a caller of it.
type bench struct {
	t   *testing.T
	api *service.Service
}

// newBench makes one whose transactions are what over makes of the store.
func newBench(t *testing.T, over func(store.Store) store.Store) *bench {
	t.Helper()
	base := etcdtest.Private(t)
	st := over(base)
	api, err := New(st, kms.NewVault(base, secret.NewKeyring(), kms.Home{Partition: "aws", Account: "111122223333"}, time.Now))
	require.NoError(t, err)
	return &bench{t, api}
}

func (b *bench) do(name string, in any) (any, error) {
	call := &service.Call{
		Service: &secretsmanagerapi.Service, Operation: secretsmanagerapi.Service.Operation(name), Partition: "aws", Region: "us-east-1", Account: "111122223333",
		Now: time.Now(), Principal: &service.Principal{Kind: service.Root, Account: "111122223333"}, Check: func(context.Context, ...service.Check) error { return nil },
	}
	return b.api.Operation(name).Do(b.t.Context(), call, in)
}

func ask[Out any](b *bench, name string, in any) *Out {
	b.t.Helper()
	out, err := b.do(name, in)
	require.NoError(b.t, err, name)
	return out.(*Out)
}

func (b *bench) value(stage string) string {
	b.t.Helper()
	return *ask[secretsmanagerapi.GetSecretValueResponse](b, "GetSecretValue", &secretsmanagerapi.GetSecretValueRequest{SecretId: new("db"), VersionStage: &stage}).SecretString
}

// TestASecretsLifeOfLostRaces goes through what changes a secret, where every transaction runs twice.
func TestASecretsLifeOfLostRaces(t *testing.T) {
	b := newBench(t, storetest.Retried)
	made := ask[secretsmanagerapi.CreateSecretResponse](b, "CreateSecret", &secretsmanagerapi.CreateSecretRequest{Name: new("db"), SecretString: new("one")})
	put := ask[secretsmanagerapi.PutSecretValueResponse](b, "PutSecretValue", &secretsmanagerapi.PutSecretValueRequest{SecretId: made.ARN, SecretString: new("two")})
	require.Equal(t, []string{current}, put.VersionStages)
	require.Equal(t, []string{"two", "one"}, []string{b.value(current), b.value(previous)})
	ask[secretsmanagerapi.UpdateSecretResponse](b, "UpdateSecret", &secretsmanagerapi.UpdateSecretRequest{SecretId: made.ARN, SecretString: new("three"), Description: new("-")})
	require.Equal(t, []string{"three", "two"}, []string{b.value(current), b.value(previous)})
	all := ask[secretsmanagerapi.DescribeSecretResponse](b, "DescribeSecret", &secretsmanagerapi.DescribeSecretRequest{SecretId: made.ARN})
	require.Len(t, all.VersionIdsToStages, 2)
	ask[secretsmanagerapi.UpdateSecretVersionStageResponse](b, "UpdateSecretVersionStage", &secretsmanagerapi.UpdateSecretVersionStageRequest{
		SecretId: made.ARN, VersionStage: new(current), MoveToVersionId: put.VersionId, RemoveFromVersionId: stageOf(all.VersionIdsToStages, current),
	})
	require.Equal(t, []string{"two", "three"}, []string{b.value(current), b.value(previous)})
	ask[service.None](b, "TagResource", &secretsmanagerapi.TagResourceRequest{SecretId: made.ARN, Tags: []secretsmanagerapi.Tag{{Key: new("a"), Value: new("b")}}})
	ask[service.None](b, "UntagResource", &secretsmanagerapi.UntagResourceRequest{SecretId: made.ARN, TagKeys: []string{"a"}})
	ask[secretsmanagerapi.DeleteSecretResponse](b, "DeleteSecret", &secretsmanagerapi.DeleteSecretRequest{SecretId: made.ARN})
	ask[secretsmanagerapi.RestoreSecretResponse](b, "RestoreSecret", &secretsmanagerapi.RestoreSecretRequest{SecretId: made.ARN})
	require.Equal(t, "two", b.value(current))
}

func stageOf(versions map[string][]string, stage string) *string {
	for id, stages := range versions {
		for _, s := range stages {
			if s == stage {
				return &id
			}
		}
	}
	return nil
}

// TestOneRequestSentTwiceAtOnce sends a request again while it is still under way, as clients do that have waited for long: both
// are answered alike.
func TestOneRequestSentTwiceAtOnce(t *testing.T) {
	var meanwhile func()
	b := newBench(t, func(base store.Store) store.Store {
		return storetest.Raced(base, func() {
			if act := meanwhile; act != nil {
				meanwhile = nil
				act()
			}
		})
	})
	token := "11111111-1111-1111-1111-111111111111"
	create := func() *secretsmanagerapi.CreateSecretResponse {
		return ask[secretsmanagerapi.CreateSecretResponse](b, "CreateSecret", &secretsmanagerapi.CreateSecretRequest{Name: new("db"), SecretString: new("one"), ClientRequestToken: &token})
	}
	var first *secretsmanagerapi.CreateSecretResponse
	meanwhile = func() { first = create() }
	second := create()
	require.NotNil(t, first)
	require.Equal(t, first, second)

	other := "22222222-2222-2222-2222-222222222222"
	put := func() *secretsmanagerapi.PutSecretValueResponse {
		return ask[secretsmanagerapi.PutSecretValueResponse](b, "PutSecretValue", &secretsmanagerapi.PutSecretValueRequest{SecretId: new("db"), SecretString: new("two"), ClientRequestToken: &other})
	}
	var before *secretsmanagerapi.PutSecretValueResponse
	meanwhile = func() { before = put() }
	require.Equal(t, put(), before)
	require.Equal(t, []string{"two", "one"}, []string{b.value(current), b.value(previous)})

	third := "33333333-3333-3333-3333-333333333333"
	update := func(text string) (any, error) {
		return b.do("UpdateSecret", &secretsmanagerapi.UpdateSecretRequest{SecretId: new("db"), SecretString: &text, ClientRequestToken: &third, Description: new("of " + text)})
	}
	var overtaking any
	meanwhile = func() { overtaking, _ = update("three") }
	overtaken, err := update("three")
	require.NoError(t, err)
	require.NotNil(t, overtaking)
	again, err := update("three")
	require.NoError(t, err)
	require.Equal(t, []any{overtaking, overtaking}, []any{overtaken, again})
	_, err = update("four")
	require.ErrorContains(t, err, "already in use for a version of the secret")
	require.Equal(t, []string{"three", "two"}, []string{b.value(current), b.value(previous)})
	described := ask[secretsmanagerapi.DescribeSecretResponse](b, "DescribeSecret", &secretsmanagerapi.DescribeSecretRequest{SecretId: new("db")})
	require.Equal(t, "of three", *described.Description)
}
