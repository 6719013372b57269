package dms

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/edge/wire"
	"github.com/whimbreldb/whimbrel/internal/instance"
)

// TestSecretIsReadAtUse: what the secret holds now is the login, and what is wrong with it is said without its value.
func TestSecretIsReadAtUse(t *testing.T) {
	b := newEndpointBench(t)
	rec := b.record(*b.create(secretEndpoint("shop")).EndpointArn)
	refused := func(words string) {
		t.Helper()
		_, err := b.reach(t.Context(), rec, nil)
		var r *instance.Refusal
		require.ErrorAs(t, err, &r)
		require.Contains(t, r.Message, "The secret shop of endpoint shop")
		require.Contains(t, r.Message, words)
		require.NotContains(t, r.Message, "hunter2")
	}
	refused("cannot be read: Secrets Manager can't find the specified secret.")
	b.secrets[theRole+" shop"] = &wire.Error{Code: "AccessDeniedException", Message: "The role does not trust dms.us-east-1.amazonaws.com"}
	refused("does not trust dms.us-east-1.amazonaws.com.")
	for value, words := range map[string]string{
		`hunter2`: "not a JSON object", `["hunter2"]`: "not a JSON object", `null`: "not a JSON object",
		`{"password":"hunter2","host":"h"}`:                              "username is missing",
		`{"username":"u","host":"h"}`:                                    "password is missing",
		`{"username":"u","password":"hunter2"}`:                          "host is missing",
		`{"username":"u","password":{"x":"hunter2"},"host":"h"}`:         "password is missing or is not a text",
		`{"username":"u","password":"hunter2","host":"/hunter2"}`:        "host is neither",
		`{"username":"u","password":"hunter2","host":"h","port":"hun"}`:  "port is not a number",
		`{"username":"u","password":"hunter2","host":"h","port":70000}`:  "port is not a number",
		`{"username":"u","password":"hunter2","host":"h","port":"5432;"`: "not a JSON object",
	} {
		b.secrets[theRole+" shop"] = value
		refused(words)
	}
	b.secrets[theRole+" shop"] = errors.New("the store is gone")
	_, err := b.reach(t.Context(), rec, nil)
	var r *instance.Refusal
	require.NotErrorAs(t, err, &r)
	for value, want := range map[string]string{
		`{"username":"u","password":"p:@/","host":"h","port":5444,"engine":"postgres","dbname":"x"}`: "postgres://u:p%3A%40%2F@h:5444/shop?sslmode=disable",
		`{"username":"u","password":"p","host":"10.0.0.1","port":"5445"}`:                            "postgres://u:p@10.0.0.1:5445/shop?sslmode=disable",
		`{"username":"u","password":"p","host":"h"}`:                                                 "postgres://u:p@h:5432/shop?sslmode=disable",
	} {
		b.secrets[theRole+" shop"] = value
		out, err := b.reach(t.Context(), rec, nil)
		require.NoError(t, err)
		require.Equal(t, strings.ReplaceAll(want, "disable", "none"), out.URL)
	}
}

func FuzzReadLogin(f *testing.F) {
	f.Add([]byte(`{"username":"u","password":"p","host":"h","port":"1"}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		l, problem := readLogin(raw)
		if problem == "" {
			require.True(t, validServer(l.server))
			require.NotEmpty(t, l.user)
			require.NotEmpty(t, l.password)
			require.True(t, l.port >= 0 && l.port <= 65535)
		}
	})
}
