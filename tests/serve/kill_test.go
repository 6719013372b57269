package serve_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/stretchr/testify/require"
)

// TestKilledInTheMidstOfWrites kills the server while a thousand calls write at the same time. What was acknowledged is
// there afterwards, whole.
func TestKilledInTheMidstOfWrites(t *testing.T) {
	s := first(t)
	const calls = 1000
	api := iam.NewFromConfig(s.sdk(t))
	var mu sync.Mutex
	var acknowledged []string
	killed := false
	var all sync.WaitGroup
	for i := range calls {
		all.Go(func() {
			name := fmt.Sprintf("user%04d", i)
			_, err := api.CreateUser(t.Context(), &iam.CreateUserInput{UserName: &name})
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				acknowledged = append(acknowledged, name)
			}
			if len(acknowledged) == calls/3 && !killed {
				killed = true
				s.kill()
			}
		})
	}
	all.Wait()
	require.True(t, killed)
	t.Logf("%d of %d writes were acknowledged before the end", len(acknowledged), calls)
	s = start(t, s.dir)
	api = iam.NewFromConfig(s.sdk(t))
	there := map[string]bool{}
	pages := iam.NewListUsersPaginator(api, &iam.ListUsersInput{MaxItems: aws.Int32(1000)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		require.NoError(t, err)
		for _, u := range page.Users {
			there[*u.UserName] = true
		}
	}
	for _, name := range acknowledged {
		require.True(t, there[name], "%s was acknowledged and is lost", name)
	}
}
