package serve_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// told is what a notification of an alarm says.
type told struct {
	AlarmName, NewStateValue, OldStateValue, NewStateReason string
	Trigger                                                 struct{ MetricName, Namespace string }
}

// alarms are the notifications that a webhook has got.
func (w *webhook) alarms(t testing.TB) (all []told) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, text := range w.whole {
		var one told
		require.NoError(t, json.Unmarshal([]byte(text), &one), text)
		all = append(all, one)
	}
	return all
}

// TestAnAlarmReachesAWebhook makes an alarm on a task's lag with the stock command and holds a table of the target: the alarm goes
// off, the webhook, out of order at first, gets it signed once it is back, and hears that all is well after the table is let go.
func TestAnAlarmReachesAWebhook(t *testing.T) {
	t.Parallel()
	const topic = "arn:aws:sns:" + region + ":" + account + ":lag"
	const secret = "sixteen bytes and some more"
	hook, authority := newWebhook(t, secret)
	file := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(file, []byte(secret+"\n"), 0o600))
	s := first(t, "--dms-roles", "--event-webhook", topic+"="+hook.URL+"/lag", "--event-secret-file", file, "--event-webhook-ca", authority)
	source, target := postgresShop(t), lonelyShop(t)
	source.stock(t, 100)
	_, m := watched(t, s, "lagging", source, target)
	arrives(t, source, target, "")
	source.trade(t, 10001, 5)
	arrives(t, source, target, "")
	s.must(t, "cloudwatch", "put-metric-alarm", "--alarm-name", "late", "--namespace", "AWS/DMS", "--metric-name", "CDCLatencyTarget",
		"--dimensions", "Name=ReplicationInstanceIdentifier,Value=lagging", "Name=ReplicationTaskIdentifier,Value="+resource(m.task),
		"--statistic", "Maximum", "--period", "10", "--evaluation-periods", "3", "--datapoints-to-alarm", "2", "--threshold", "3",
		"--comparison-operator", "GreaterThanThreshold", "--alarm-actions", topic, "--ok-actions", topic)
	state := func(want string) {
		require.Eventually(t, func() bool {
			return s.must(t, "cloudwatch", "describe-alarms", "--alarm-names", "late")["MetricAlarms"].([]any)[0].(map[string]any)["StateValue"] == want
		}, 3*time.Minute, time.Second, "%s: %s", want, s.log)
	}
	state("OK")

	tx, err := target.db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	_, err = tx.ExecContext(t.Context(), "SELECT id FROM customer FOR UPDATE")
	require.NoError(t, err)
	servertest.Exec(t, source.db, "UPDATE customer SET name = 'late' WHERE id = 1")
	state("ALARM")
	require.Eventually(t, func() bool { refused, _ := hook.state(); return refused > 1 }, patient, 20*time.Millisecond)
	hook.mu.Lock()
	hook.down = false
	hook.mu.Unlock()
	went := func(from, to string) func() bool {
		return func() bool {
			for _, one := range hook.alarms(t) {
				if one.OldStateValue == from && one.NewStateValue == to {
					require.Equal(t, "late", one.AlarmName)
					require.Equal(t, "CDCLatencyTarget", one.Trigger.MetricName)
					require.Equal(t, "AWS/DMS", one.Trigger.Namespace)
					require.Contains(t, one.NewStateReason, "Threshold Crossed: 2 out of the last 3 datapoints [")
					return true
				}
			}
			return false
		}
	}
	require.Eventually(t, went("OK", "ALARM"), 3*time.Minute, 100*time.Millisecond, s.log)
	require.NoError(t, tx.Rollback())
	arrives(t, source, target, "")
	state("OK")
	require.Eventually(t, went("ALARM", "OK"), 3*time.Minute, 100*time.Millisecond, s.log)
	require.NotContains(t, s.log.String(), secret)
}
