package serve_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	dms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// webhook is a subscriber that can be out of order.
type webhook struct {
	*httptest.Server
	mu      sync.Mutex
	down    bool
	refused int
	got     []string
	ids     []string
	whole   []string // the messages as they came
}

// newWebhook listens, and writes the certificate that it is to be trusted by.
func newWebhook(t *testing.T, secret string) (hook *webhook, authority string) {
	t.Helper()
	hook = &webhook{down: true}
	hook.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		at, sum, _ := strings.Cut(strings.TrimPrefix(r.Header.Get("X-Whimbrel-Signature"), "t="), ",v1=")
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write([]byte(at + "." + string(body)))
		assert.Equal(t, hex.EncodeToString(mac.Sum(nil)), sum, "the signature")
		hook.mu.Lock()
		defer hook.mu.Unlock()
		if hook.down {
			hook.refused++
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		var outer struct{ MessageId, Message string }
		var inner struct {
			Message string `json:"Event Message"`
		}
		assert.NoError(t, json.Unmarshal(body, &outer))
		assert.NoError(t, json.Unmarshal([]byte(outer.Message), &inner))
		hook.got, hook.ids = append(hook.got, inner.Message), append(hook.ids, outer.MessageId)
		hook.whole = append(hook.whole, outer.Message)
	}))
	t.Cleanup(hook.Close)
	authority = filepath.Join(t.TempDir(), "hook.pem")
	require.NoError(t, os.WriteFile(authority, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: hook.Certificate().Raw}), 0o600))
	return hook, authority
}

func (w *webhook) state() (refused int, got []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.refused, append([]string{}, w.got...)
}

// TestEventsReachAWebhook kills the server while the webhook is out of order: what happened before arrives after, in order.
func TestEventsReachAWebhook(t *testing.T) {
	t.Parallel()
	const topic = "arn:aws:sns:" + region + ":" + account + ":dms"
	const secret = "sixteen bytes and some more"
	hook, authority := newWebhook(t, secret)
	file := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(file, []byte(secret+"\n"), 0o600))
	flags := []string{"--event-webhook", topic + "=" + hook.URL + "/events", "--event-secret-file", file, "--event-webhook-ca", authority}
	s := first(t, append([]string{"--dms-roles"}, flags...)...)
	api := dms.NewFromConfig(s.sdk(t))
	_, err := api.CreateEventSubscription(t.Context(), &dms.CreateEventSubscriptionInput{SubscriptionName: aws.String("all"), SnsTopicArn: aws.String(topic)})
	require.NoError(t, err)
	_, err = api.CreateReplicationInstance(t.Context(), &dms.CreateReplicationInstanceInput{ReplicationInstanceIdentifier: aws.String("box"), ReplicationInstanceClass: aws.String("dms.t3.micro")})
	require.NoError(t, err)
	require.Eventually(t, func() bool { refused, _ := hook.state(); return refused > 0 }, patient, 20*time.Millisecond)
	s.kill()
	hook.mu.Lock()
	hook.down = false
	hook.mu.Unlock()
	s = start(t, s.dir, flags...)
	require.Eventually(t, func() bool { _, got := hook.state(); return len(got) >= 2 }, patient, 50*time.Millisecond)
	_, got := hook.state()
	require.Equal(t, []string{"Replication instance is being created.", "Replication instance created."}, got[:2])
	require.NotEqual(t, hook.ids[0], hook.ids[1])
	_, err = dms.NewFromConfig(s.sdk(t)).CreateEventSubscription(t.Context(), &dms.CreateEventSubscriptionInput{SubscriptionName: aws.String("else"), SnsTopicArn: aws.String(topic + "2")})
	require.Equal(t, "SNSInvalidTopicFault", code(t, err))
	require.NotContains(t, s.log.String(), secret)
}
