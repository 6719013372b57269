package secretsmanager

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/secretsmanagerapi"
	"github.com/whimbreldb/whimbrel/internal/store/storetest"
)

// TestSecretsAreListedInTheOrderThatIsAskedFor, a page at a time.
func TestSecretsAreListedInTheOrderThatIsAskedFor(t *testing.T) {
	b := newBench(t, storetest.Retried)
	for _, name := range []string{"b", "c", "a"} {
		ask[secretsmanagerapi.CreateSecretResponse](b, "CreateSecret", &secretsmanagerapi.CreateSecretRequest{Name: &name, SecretString: new("x")})
	}
	ask[secretsmanagerapi.PutSecretValueResponse](b, "PutSecretValue", &secretsmanagerapi.PutSecretValueRequest{SecretId: new("b"), SecretString: new("y")})
	for order, want := range map[[2]string]string{
		{}: "abc", {"name", "asc"}: "abc", {"name", "desc"}: "cba", {"created-date", "asc"}: "bca", {"created-date", "desc"}: "acb", {"last-changed-date", "asc"}: "cab",
	} {
		in := &secretsmanagerapi.ListSecretsRequest{MaxResults: new(int64(1))}
		if order[0] != "" {
			in.SortBy, in.SortOrder = &order[0], &order[1]
		}
		have := ""
		for range 4 {
			out := ask[secretsmanagerapi.ListSecretsResponse](b, "ListSecrets", in)
			for _, entry := range out.SecretList {
				have += *entry.Name
			}
			if in.NextToken = out.NextToken; in.NextToken == nil {
				break
			}
		}
		require.Equal(t, want, have, order)
	}
	_, err := b.do("ListSecrets", &secretsmanagerapi.ListSecretsRequest{SortBy: new("last-accessed-date")})
	require.ErrorContains(t, err, "last-accessed-date")
}
