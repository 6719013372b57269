package serve_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/stretchr/testify/require"
)

// TestKilledInTheMidstOfWrites kills the server while a thousand calls write at the same time. What was acknowledged is
// there afterwards, whole, and so is its audit record.
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
	there, recorded := map[string]string{}, s.usersMade(t)
	pages := iam.NewListUsersPaginator(api, &iam.ListUsersInput{MaxItems: aws.Int32(1000)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		require.NoError(t, err)
		for _, u := range page.Users {
			there[*u.UserName] = *u.Arn + " " + (*u.UserId)[:4] + " " + *u.Path
		}
	}
	for _, name := range acknowledged {
		require.Equal(t, "arn:aws:iam::"+account+":user/"+name+" AIDA /", there[name], "%s was acknowledged and is lost", name)
		require.True(t, recorded[name], "%s was acknowledged and is in no audit record", name)
	}
}

// usersMade are the users of whose making the audit trail tells.
func (s *server) usersMade(t *testing.T) map[string]bool {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(s.dir, "audit", "trail.jsonl"))
	require.NoError(t, err)
	names := map[string]bool{}
	for line := range strings.Lines(string(raw)) {
		var event struct {
			EventName, ErrorCode string
			ResponseElements     struct{ User struct{ UserName string } }
		}
		if json.Unmarshal([]byte(line), &event) == nil && event.EventName == "CreateUser" && event.ErrorCode == "" {
			names[event.ResponseElements.User.UserName] = true
		}
	}
	return names
}
