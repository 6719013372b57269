package cloudwatch

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/cloudwatchapi"
	"github.com/whimbreldb/whimbrel/internal/notify"
	"github.com/whimbreldb/whimbrel/internal/store"
)

const otherTopic = "arn:aws:sns:eu-central-1:123456789012:other"

// other gives the bench a second topic with a webhook of its own.
func (b *bench) other(hook http.HandlerFunc) {
	b.t.Helper()
	served := httptest.NewUnstartedServer(hook)
	served.TLS = b.hook.TLS.Clone() // the same certificate: the client trusts it
	served.StartTLS()
	b.t.Cleanup(served.Close)
	b.Topics.Topics = maps.Clone(b.Topics.Topics)
	b.Topics.Topics[otherTopic] = served.URL
}

// queue puts actions for a topic into the store that are due now.
func (b *bench) queue(topic string, count int) {
	b.t.Helper()
	_, err := b.Store.Update(b.t.Context(), func(tx store.Tx) error {
		for i := range count {
			what := notify.Notification{ID: fmt.Sprint(topic, i), Topic: topic, Subject: fmt.Sprint(i), At: b.Now()}
			if err := store.Write(tx, actionKeys+momentKey(b.Now().Add(time.Duration(i))), &Action{Alarm: "late", What: what, Next: b.Now()}); err != nil {
				return err
			}
		}
		return nil
	})
	require.NoError(b.t, err)
	b.wait(time.Second)
}

// TestADeadTopicHoldsUpNoOther lets 300 notifications wait for a webhook that refuses all; one for another topic goes out in
// the first turn, and every turn after that.
func TestADeadTopicHoldsUpNoOther(t *testing.T) {
	b := newBench(t)
	b.other(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
	b.queue(otherTopic, 300)
	for turn := range 3 {
		b.queue(topic, 1)
		_, err := b.deliver(t.Context())
		require.NoError(t, err)
		require.Len(t, b.got, turn+1)
	}
	b.deliverDue() // all 300 have failed now, and wait
	b.queue(topic, 120)
	b.deliverDue()
	require.Len(t, b.got, 123)
	topics, more, err := b.due(t.Context())
	require.NoError(t, err)
	require.False(t, more)
	for _, a := range topics[otherTopic] {
		require.False(t, b.Now().Before(a.Next), "only what is due is asked for")
	}
}

// TestTopicsAreServedSideBySide has a webhook that answers once the other one has been told.
func TestTopicsAreServedSideBySide(t *testing.T) {
	b := newBench(t)
	told := make(chan struct{})
	b.other(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-told:
		case <-r.Context().Done():
			w.WriteHeader(http.StatusBadGateway)
		}
	})
	b.hears = func() { close(told) }
	b.queue(otherTopic, 1)
	b.queue(topic, 1)
	more, err := b.deliver(t.Context())
	require.NoError(t, err)
	require.False(t, more)
	page, err := b.Store.List(t.Context(), store.Range{Prefix: actionKeys})
	require.NoError(t, err)
	require.Empty(t, page.Items, "both are delivered")
}

// TestAlarmsAreEvaluatedWhileAWebhookHangs blocks a delivery for as long as it takes an alarm to change its state.
func TestAlarmsAreEvaluatedWhileAWebhookHangs(t *testing.T) {
	b := newBench(t)
	hangs, done := make(chan struct{}), make(chan struct{})
	var once sync.Once
	b.other(func(_ http.ResponseWriter, r *http.Request) {
		once.Do(func() { close(hangs) })
		select {
		case <-done:
		case <-r.Context().Done():
		}
	})
	in := lagAlarm()
	in.AlarmActions, in.OKActions = nil, nil
	b.must("PutMetricAlarm", in)
	b.queue(otherTopic, 5) // one after the other they take longer than the test waits
	ctx, end := context.WithCancel(t.Context())
	var loops sync.WaitGroup
	loops.Go(func() { b.run(ctx, 10*time.Millisecond, 10*time.Millisecond) })
	<-hangs
	for range 3 {
		b.must("PutMetricData", &cloudwatchapi.PutMetricDataInput{Namespace: new("shop"), MetricData: []cloudwatchapi.MetricDatum{{MetricName: new("lag"), Value: new(20.0)}}})
		b.wait(time.Minute)
	}
	b.wait(arrivesWithin)
	require.Eventually(t, func() bool { return *b.alarmNow().StateValue == stateAlarm }, time.Minute, 10*time.Millisecond)
	close(done)
	end()
	loops.Wait()
}

// TestNotificationsThatWaitAreBounded sets the state of an alarm back and forth while its webhook is dead: no more is queued
// than may wait, and what is not queued stands in the alarm's history.
func TestNotificationsThatWaitAreBounded(t *testing.T) {
	b := newBench(t)
	b.must("PutMetricAlarm", lagAlarm())
	b.fail = true
	_, err := b.Store.Update(t.Context(), func(tx store.Tx) error { return store.Write(tx, waitingKeys+topic, mostWaiting-2) })
	require.NoError(t, err)
	for i := range 6 {
		b.must("SetAlarmState", &cloudwatchapi.SetAlarmStateInput{AlarmName: new("late"), StateValue: new([]string{stateOK, stateAlarm}[i%2]), StateReason: new("by hand")})
	}
	queued := func() int {
		page, err := b.Store.List(t.Context(), store.Range{Prefix: actionKeys})
		require.NoError(t, err)
		return len(page.Items)
	}
	require.Equal(t, 2, queued())
	failed := 0
	for _, h := range b.must("DescribeAlarmHistory", &cloudwatchapi.DescribeAlarmHistoryInput{AlarmName: new("late"), HistoryItemType: new(historyAction)}).(*cloudwatchapi.DescribeAlarmHistoryOutput).AlarmHistoryItems {
		require.Contains(t, *h.HistoryData, "1000 notifications wait")
		failed++
	}
	require.Equal(t, 4, failed)
	b.deliverDue()
	require.Equal(t, 2, queued(), "they wait for another try")
	b.fail = false
	b.wait(time.Hour)
	b.deliverDue()
	require.Zero(t, queued())
	n, err := store.Read[int](getter{t.Context(), b.Store}, waitingKeys+topic)
	require.NoError(t, err)
	require.Equal(t, mostWaiting-2, n)
	b.must("SetAlarmState", &cloudwatchapi.SetAlarmStateInput{AlarmName: new("late"), StateValue: new(stateOK), StateReason: new("by hand")})
	require.Equal(t, 1, queued())
}

type getter struct {
	ctx context.Context
	store.Store
}

func (g getter) Get(key string) (store.Item, error) { return g.Store.Get(g.ctx, key) }
