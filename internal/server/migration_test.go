package server

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/service/dms"
)

func TestEventsAreConfigured(t *testing.T) {
	const topic = "arn:aws:sns:eu-central-1:111122223333:dms"
	none := func(string) (string, bool) { return "", false }
	dir := t.TempDir()
	file := func(name, content string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
		return path
	}
	secret := file("secret", "  sixteen bytes and more\n")
	m := Migration{EventWebhooks: []string{topic + "=https://hooks.example/a?b=c,d"}, EventSecretFile: secret}
	n, err := m.notify(none)
	require.NoError(t, err)
	require.Equal(t, map[string]string{topic: "https://hooks.example/a?b=c,d"}, n.Topics, "the address is all behind the first =")
	require.Equal(t, "sixteen bytes and more", string(n.Secret))
	require.Nil(t, n.Client)
	n, err = m.notify(func(name string) (string, bool) { return "of the environment", name == "WHIMBREL_EVENT_SECRET" })
	require.NoError(t, err)
	require.Equal(t, "of the environment", string(n.Secret), "it goes first")
	for words, bad := range map[string]Migration{
		"ARN=URL":              {EventWebhooks: []string{topic}},
		"read the secret":      {EventSecretFile: filepath.Join(dir, "none")},
		"read the authority":   {EventCA: filepath.Join(dir, "none")},
		"holds no certificate": {EventCA: secret},
	} {
		_, err := bad.notify(none)
		require.ErrorContains(t, err, words)
	}
	for shown, text := range map[string]string{
		`"https://hooks.example/…"`: "https://hooks.example/T0KEN", `"https://hooks.example:99/…"`: "https://u:T0KEN@hooks.example:99/a?T0KEN=T0KEN",
		"not shown": "T0KEN", `"` + topic + `"`: topic,
	} {
		_, err := (&Migration{EventWebhooks: []string{text}}).notify(none)
		require.ErrorContains(t, err, shown)
		require.NotContains(t, err.Error(), "T0KEN")
	}
	// What cannot be is refused before anything is served.
	_, err = Start(t.Context(), Config{DataDir: t.TempDir(), Listen: "127.0.0.1:0", Migration: Migration{EventWebhooks: []string{topic + "=https://hooks.example"}}})
	require.ErrorContains(t, err, "secret")
	_, err = Start(t.Context(), Config{DataDir: t.TempDir(), Listen: "127.0.0.1:0", Migration: Migration{Quotas: []string{"Endpoint=5"}}})
	require.ErrorContains(t, err, "there is no quota Endpoint; there are AllocatedStorage,")
}

func TestQuotasAreConfigured(t *testing.T) {
	m := Migration{Quotas: []string{"Endpoints=5", "ReplicationTasks=0"}}
	all, err := m.quotas()
	require.NoError(t, err)
	require.Equal(t, map[string]int64{"Endpoints": 5, "ReplicationTasks": 0}, all)
	for _, bad := range []string{"Endpoints", "Endpoints=", "Endpoints=many", "=5=6"} {
		m.Quotas = []string{bad}
		_, err := m.quotas()
		require.ErrorContains(t, err, "NAME=N")
	}
	require.Contains(t, dms.QuotaNames(), "Endpoints")
}
