package dms

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/notify"
	"github.com/whimbreldb/whimbrel/internal/store"
	"github.com/whimbreldb/whimbrel/internal/store/etcd"
	"github.com/whimbreldb/whimbrel/internal/store/storetest"
)

const testSecret = "a secret of the webhook"

// notification is what a subscriber is sent.
type notification struct{ Type, MessageId, TopicArn, Subject, Message, Timestamp string } //nolint:revive // SNS's spelling

// hook is a subscriber: a real HTTPS server.
type hook struct {
	*httptest.Server
	mu     sync.Mutex
	got    []notification
	bodies []string
	heads  []http.Header
	status int // what it answers
	calls  int
}

func newHook(t *testing.T) *hook {
	t.Helper()
	h := &hook{status: http.StatusOK}
	h.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		h.mu.Lock()
		defer h.mu.Unlock()
		h.calls++
		if h.status == http.StatusOK {
			var n notification
			_ = json.Unmarshal(body, &n)
			h.got, h.bodies, h.heads = append(h.got, n), append(h.bodies, string(body)), append(h.heads, r.Header)
		}
		if h.status >= 300 && h.status < 400 {
			w.Header().Set("Location", "/elsewhere")
		}
		w.WriteHeader(h.status)
	}))
	t.Cleanup(h.Close)
	return h
}

func (h *hook) answer(status int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.status = status
}

func (h *hook) messages() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	all := []string{}
	for _, n := range h.got {
		var m message
		_ = json.Unmarshal([]byte(n.Message), &m)
		all = append(all, m.Message)
	}
	return all
}

func (h *hook) config(c *Config) {
	c.Notify = notify.Topics{Topics: map[string]string{testTopic: h.URL + "/dms?token=hunter2"}, Secret: []byte(testSecret), Client: h.Client()}
}

func (d *desk) subscribed(change func(*subscribe)) {
	d.t.Helper()
	in := &subscribe{SubscriptionName: new("hook"), SnsTopicArn: new(testTopic)}
	if change != nil {
		change(in)
	}
	does[dmsapi.CreateEventSubscriptionResponse](d, "CreateEventSubscription", in)
}

func (d *desk) waiting() int {
	d.t.Helper()
	page, err := d.Store.List(d.t.Context(), store.Range{Prefix: queueKeys})
	require.NoError(d.t, err)
	return len(page.Items)
}

func (d *desk) status() string {
	d.t.Helper()
	return *does[dmsapi.DescribeEventSubscriptionsResponse](d, "DescribeEventSubscriptions", &dmsapi.DescribeEventSubscriptionsMessage{}).EventSubscriptionsList[0].Status
}

// TestDelivered: what arrives is a notification as SNS makes it, signed with the shared secret.
func TestDelivered(t *testing.T) {
	h := newHook(t)
	d := newDesk(t, h.config)
	d.subscribed(func(in *subscribe) {
		in.SourceType, in.EventCategories = new("replication-instance"), []string{"creation", "deletion"}
	})
	d.happen(d.time(), sourceInstance, "box", "creation", "Replication instance created.")
	d.happen(d.time(), sourceInstance, "box", "failure", "not asked for")
	d.happen(d.time(), sourceTask, "t", "creation", "not of this type")
	require.Equal(t, 1, d.waiting())
	more, err := d.deliverDue(t.Context())
	require.NoError(t, err)
	require.False(t, more)
	require.Equal(t, []string{"Replication instance created."}, h.messages())
	require.Zero(t, d.waiting())
	n, head := h.got[0], h.heads[0]
	require.Equal(t, "Notification", n.Type)
	require.Equal(t, testTopic, n.TopicArn)
	require.Equal(t, "2026-11-25T12:00:00.000Z", n.Timestamp)
	require.JSONEq(t, `{"Event Source":"replication-instance","Event Time":"2026-11-25 12:00:00.000","Identifier Link":"https://console.aws.amazon.com/dms/v2/home?region=eu-central-1","SourceId":"box","Event ID":"DMS-EVENT-0005","Event Message":"Replication instance created."}`, n.Message)
	require.Equal(t, n.MessageId, head.Get("X-Amz-Sns-Message-Id"))
	require.Equal(t, "Notification", head.Get("X-Amz-Sns-Message-Type"))
	require.Equal(t, testTopic, head.Get("X-Amz-Sns-Topic-Arn"))
	at, sum, found := strings.Cut(strings.TrimPrefix(head.Get(notify.SignatureHeader), "t="), ",v1=")
	require.True(t, found)
	mac := hmac.New(sha256.New, []byte(testSecret))
	mac.Write([]byte(at + "." + h.bodies[0]))
	require.Equal(t, hex.EncodeToString(mac.Sum(nil)), sum)
	require.NotContains(t, h.bodies[0], testSecret)
	_, err = d.deliverDue(t.Context())
	require.NoError(t, err)
	require.Equal(t, 1, h.calls, "once")
}

// TestTriedAgain: an event that cannot be delivered is tried again, later each time; those behind it wait, so that the
// order stays. The subscription's status tells.
func TestTriedAgain(t *testing.T) {
	h := newHook(t)
	d := newDesk(t, h.config)
	log := &strings.Builder{}
	d.Log = slog.New(slog.NewTextHandler(log, nil))
	d.subscribed(nil)
	start := d.time()
	d.happen(start, sourceInstance, "box", "", "first")
	d.happen(start.Add(time.Millisecond), sourceInstance, "box", "", "second")
	deliver := func(after time.Duration) {
		d.set(start.Add(after))
		_, err := d.deliverDue(t.Context())
		require.NoError(t, err)
	}
	for _, c := range []struct {
		after  time.Duration
		answer int
		calls  int
		status string
	}{
		{time.Second, 500, 1, "active"},
		{2 * time.Second, 500, 1, "active"}, // not before two seconds have passed
		{3 * time.Second, 403, 2, "no-permission"},
		{6 * time.Second, 404, 2, "no-permission"},
		{7 * time.Second, 404, 3, "topic-not-exist"},
		{14 * time.Second, 302, 3, "topic-not-exist"},
		{15 * time.Second, 302, 4, "topic-not-exist"}, // a redirect is not followed
	} {
		h.answer(c.answer)
		deliver(c.after)
		require.Equal(t, c.calls, h.calls, "%+v", c)
		require.Equal(t, c.status, d.status(), "%+v", c)
	}
	require.Equal(t, 2, d.waiting())
	h.answer(200)
	deliver(time.Minute)
	require.Equal(t, []string{"first", "second"}, h.messages())
	require.Equal(t, "active", d.status())
	require.Zero(t, d.waiting())
	require.Contains(t, log.String(), "not delivered")
	require.NotContains(t, log.String(), "hunter2", "the address of a webhook may hold a secret")

	// After a day it is given up; the pauses between do not grow for ever.
	h.answer(500)
	d.happen(d.time(), sourceInstance, "box", "", "lost")
	before := h.calls
	for at := time.Minute; at < 25*time.Hour+time.Minute; at += 10 * time.Minute {
		deliver(at)
	}
	require.Zero(t, d.waiting())
	require.InDelta(t, 24*6, h.calls-before, 10)
	require.Contains(t, log.String(), "given up")
}

// TestDeliveriesOutliveRestarts: what was queued before a stop is delivered after it, and what was delivered is not again.
func TestDeliveriesOutliveRestarts(t *testing.T) {
	h := newHook(t)
	dir := t.TempDir()
	log := slog.New(slog.DiscardHandler)
	session := func(do func(d *desk)) {
		kept, err := etcd.Embed(t.Context(), dir, log)
		require.NoError(t, err)
		base := storetest.Retried(kept)
		ctx, end := context.WithCancel(context.Background())
		do(newDeskOver(ctx, t, base, h.config))
		end()
		require.NoError(t, base.Close())
	}
	session(func(d *desk) {
		d.subscribed(nil)
		d.happen(d.time(), sourceInstance, "box", "", "one")
		_, err := d.deliverDue(t.Context())
		require.NoError(t, err)
		h.answer(503)
		d.happen(d.time(), sourceInstance, "box", "", "two")
		_, err = d.deliverDue(t.Context())
		require.NoError(t, err)
		d.happen(d.time(), sourceInstance, "box", "", "three")
	})
	h.answer(200)
	session(func(d *desk) {
		d.set(d.time().Add(time.Minute))
		_, err := d.deliverDue(t.Context())
		require.NoError(t, err)
	})
	require.Equal(t, []string{"one", "two", "three"}, h.messages())
}

// TestDeliveredWhileRunning runs the loop itself, two of them on one state: each event arrives, and once.
func TestDeliveredWhileRunning(t *testing.T) {
	h := newHook(t)
	d := newDesk(t, h.config)
	d.subscribed(nil)
	ctx, end := context.WithCancel(t.Context())
	var running sync.WaitGroup
	for range 2 {
		running.Go(func() { _ = d.deliverEvents(ctx) })
	}
	for range 60 {
		d.happen(d.time(), sourceInstance, "box", "", "tick")
	}
	require.Eventually(t, func() bool { return len(h.messages()) == 60 }, patient, 20*time.Millisecond)
	end()
	running.Wait()
	seen := map[string]bool{}
	for _, n := range h.got {
		require.False(t, seen[n.MessageId], "%s twice", n.MessageId)
		seen[n.MessageId] = true
	}
	_, err := d.Store.Get(t.Context(), delivererKey)
	require.ErrorIs(t, err, store.ErrNotFound, "another may take over at once")
}

// TestQueuesEnd: what waits for a subscription goes with it, also after a crash in between, and does not grow for ever.
func TestQueuesEnd(t *testing.T) {
	h := newHook(t)
	d := newDesk(t, h.config)
	d.subscribed(nil)
	d.happen(d.time(), sourceInstance, "box", "", "x")
	does[dmsapi.DeleteEventSubscriptionResponse](d, "DeleteEventSubscription", &dmsapi.DeleteEventSubscriptionMessage{SubscriptionName: new("hook")})
	require.Zero(t, d.waiting())
	d.subscribed(nil)
	for range 10 {
		d.happen(d.time(), sourceInstance, "box", "", "x")
	}
	require.NoError(t, d.trim(t.Context(), queueOf("hook"), 4, d.time()))
	require.Equal(t, 4, d.waiting())
	_, err := d.Store.Update(t.Context(), func(tx store.Tx) error { tx.Delete(subs.keys() + "hook"); return nil })
	require.NoError(t, err)
	require.NoError(t, d.trimEvents(t.Context(), d.time()))
	require.Zero(t, d.waiting())
	// Nobody hears of what happens while the subscription is disabled.
	d.subscribed(func(in *subscribe) { in.Enabled = new(false) })
	d.happen(d.time(), sourceInstance, "box", "", "x")
	require.Zero(t, d.waiting())
}

func TestNotifyThatCannotBe(t *testing.T) {
	good := func() notify.Topics {
		return notify.Topics{Topics: map[string]string{testTopic: "https://hooks.example/x"}, Secret: []byte("0123456789abcdef")}
	}
	_, err := New(Config{Notify: good()})
	require.NoError(t, err)
	for words, change := range map[string]func(*notify.Topics){
		"no ARN of a topic": func(n *notify.Topics) { n.Topics["events"] = "https://x" },
		"is not an https":   func(n *notify.Topics) { n.Topics[testTopic] = "http://hooks.example" },
		"without a user":    func(n *notify.Topics) { n.Topics[testTopic] = "https://u:hunter2@hooks.example" },
		"16 bytes":          func(n *notify.Topics) { n.Secret = []byte("short") },
	} {
		n := good()
		change(&n)
		_, err := New(Config{Notify: n})
		require.ErrorContains(t, err, words)
		require.NotContains(t, err.Error(), "hunter2")
	}
}
