package serve_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	trailtypes "github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	secrettypes "github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/stretchr/testify/require"
)

// TestGoSDKOfTheCompanions drives KMS, Secrets Manager and CloudTrail by their Go clients: what is made is read and listed in pages, errors come
// as the types that the clients have for them.
func TestGoSDKOfTheCompanions(t *testing.T) {
	t.Parallel()
	s := first(t)
	c := s.sdk(t)
	key := keysByGo(t, kms.NewFromConfig(c))
	secretsByGo(t, secretsmanager.NewFromConfig(c), key)
	trailByGo(t, cloudtrail.NewFromConfig(c))
	require.NotContains(t, s.log.String(), "level=ERROR")
	clean(t, s, "hunter2")
}

// isA asks for an error of a client's own type.
func isA[E error](t *testing.T, err error) {
	t.Helper()
	var want E
	require.ErrorAs(t, err, &want)
}

func keysByGo(t *testing.T, api *kms.Client) (key *string) {
	t.Helper()
	ctx := t.Context()
	made, err := api.CreateKey(ctx, &kms.CreateKeyInput{Tags: []kmstypes.Tag{{TagKey: aws.String("team"), TagValue: aws.String("red")}}})
	require.NoError(t, err)
	key = made.KeyMetadata.KeyId
	other, err := api.CreateKey(ctx, nil)
	require.NoError(t, err)
	sealed, err := api.Encrypt(ctx, &kms.EncryptInput{KeyId: key, Plaintext: []byte("hunter2"), EncryptionContext: map[string]string{"a": "1"}})
	require.NoError(t, err)
	opened, err := api.Decrypt(ctx, &kms.DecryptInput{CiphertextBlob: sealed.CiphertextBlob, EncryptionContext: map[string]string{"a": "1"}})
	require.NoError(t, err)
	require.Equal(t, "hunter2", string(opened.Plaintext))
	_, err = api.Decrypt(ctx, &kms.DecryptInput{CiphertextBlob: sealed.CiphertextBlob})
	isA[*kmstypes.InvalidCiphertextException](t, err)
	listed := map[string]int{}
	for pages := kms.NewListKeysPaginator(api, &kms.ListKeysInput{Limit: aws.Int32(1)}); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		require.NoError(t, err)
		for _, k := range page.Keys {
			listed[*k.KeyId]++
		}
	}
	require.Equal(t, []int{1, 1}, []int{listed[*key], listed[*other.KeyMetadata.KeyId]})
	_, err = api.DisableKey(ctx, &kms.DisableKeyInput{KeyId: other.KeyMetadata.KeyId})
	require.NoError(t, err)
	_, err = api.Encrypt(ctx, &kms.EncryptInput{KeyId: other.KeyMetadata.KeyId, Plaintext: []byte("hunter2")})
	isA[*kmstypes.DisabledException](t, err)
	_, err = api.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: aws.String("alias/none")})
	isA[*kmstypes.NotFoundException](t, err)
	return key
}

func secretsByGo(t *testing.T, api *secretsmanager.Client, key *string) {
	t.Helper()
	ctx := t.Context()
	for _, name := range []string{"db/a", "db/b", "db/c"} {
		_, err := api.CreateSecret(ctx, &secretsmanager.CreateSecretInput{Name: &name, SecretString: aws.String("hunter2"), KmsKeyId: key})
		require.NoError(t, err)
	}
	name := aws.String("db/a")
	_, err := api.CreateSecret(ctx, &secretsmanager.CreateSecretInput{Name: name, SecretString: aws.String("x")})
	isA[*secrettypes.ResourceExistsException](t, err)
	put, err := api.PutSecretValue(ctx, &secretsmanager.PutSecretValueInput{SecretId: name, SecretString: aws.String("hunter22")})
	require.NoError(t, err)
	got, err := api.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: name})
	require.NoError(t, err)
	require.Equal(t, []string{"hunter22", *put.VersionId}, []string{*got.SecretString, *got.VersionId})
	before, err := api.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: name, VersionStage: aws.String("AWSPREVIOUS")})
	require.NoError(t, err)
	require.Equal(t, "hunter2", *before.SecretString)
	var listed []string
	for pages := secretsmanager.NewListSecretsPaginator(api, &secretsmanager.ListSecretsInput{MaxResults: aws.Int32(2)}); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		require.NoError(t, err)
		for _, one := range page.SecretList {
			listed = append(listed, *one.Name)
		}
	}
	require.ElementsMatch(t, []string{"db/a", "db/b", "db/c"}, listed)
	_, err = api.DeleteSecret(ctx, &secretsmanager.DeleteSecretInput{SecretId: name, ForceDeleteWithoutRecovery: aws.Bool(true)})
	require.NoError(t, err)
	_, err = api.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: name})
	isA[*secrettypes.ResourceNotFoundException](t, err)
}

func trailByGo(t *testing.T, api *cloudtrail.Client) {
	t.Helper()
	ctx := t.Context()
	in := &cloudtrail.LookupEventsInput{MaxResults: aws.Int32(3), LookupAttributes: []trailtypes.LookupAttribute{{AttributeKey: trailtypes.LookupAttributeKeyEventName, AttributeValue: aws.String("CreateSecret")}}}
	seen := map[string]bool{}
	for pages := cloudtrail.NewLookupEventsPaginator(api, in); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		require.NoError(t, err)
		for _, e := range page.Events {
			require.WithinDuration(t, time.Now(), *e.EventTime, time.Hour)
			require.Equal(t, "admin", *e.Username)
			seen[*e.EventId] = true
		}
	}
	require.Len(t, seen, 4, "three secrets were made and one was there")
	_, err := api.LookupEvents(ctx, &cloudtrail.LookupEventsInput{StartTime: aws.Time(time.Now()), EndTime: aws.Time(time.Now().Add(-time.Hour))})
	isA[*trailtypes.InvalidTimeRangeException](t, err)
}
