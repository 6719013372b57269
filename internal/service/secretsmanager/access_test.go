package secretsmanager

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/secretsmanagerapi"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// TestASecretThatCannotBeReadIsNotOneThatIsNotThere: it may have a policy that denies.
func TestASecretThatCannotBeReadIsNotOneThatIsNotThere(t *testing.T) {
	var kept store.Store
	b := newBench(t, func(s store.Store) store.Store { kept = s; return s })
	ask[secretsmanagerapi.CreateSecretResponse](b, "CreateSecret", &secretsmanagerapi.CreateSecretRequest{Name: new("db"), SecretString: new("one")})
	call := &service.Call{
		Service: &secretsmanagerapi.Service, Operation: secretsmanagerapi.Service.Operation("GetSecretValue"), Partition: "aws", Region: "us-east-1", Account: "111122223333",
		Now: time.Now(), Principal: &service.Principal{Kind: service.User, Account: "111122223333"},
	}
	access := func(ctx context.Context, id string) (checks [2]service.Check) {
		all, err := b.api.Operation("GetSecretValue").Access(ctx, call, &secretsmanagerapi.GetSecretValueRequest{SecretId: &id})
		require.NoError(t, err)
		require.Len(t, all, 1)
		return [2]service.Check{all[0], CheckOf(ctx, kept, call, "secretsmanager:DescribeSecret", id)}
	}
	away, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range access(away, "db") {
		require.ErrorIs(t, c.Unread, context.Canceled)
	}
	for _, id := range []string{"db", "gone"} { // a denial names what the caller has named, and not the ARN that only a secret which is there has
		named := access(t.Context(), id)[0]
		require.Equal(t, call.ARN("secret:"+id), named.Shown())
		require.Equal(t, id == "gone", named.Resource == named.Shown())
	}
	for _, id := range []string{"db", "gone", ""} {
		for _, c := range access(t.Context(), id) {
			require.NoError(t, c.Unread, id)
		}
	}
}
