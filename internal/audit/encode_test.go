package audit

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// TestEncodingIsThatOfTheTags compares the hand-written encoding with encoding/json's of the same records.
func TestEncodingIsThatOfTheTags(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String()
		identity := func(depth int) *Identity {
			if rapid.Bool().Draw(t, "none") {
				return nil
			}
			i := &Identity{Type: s.Draw(t, "type"), PrincipalID: s.Draw(t, "id"), ARN: s.Draw(t, "arn"), Account: s.Draw(t, "account"), AccessKeyID: s.Draw(t, "key"), UserName: s.Draw(t, "user"), Provider: s.Draw(t, "provider"), InvokedBy: s.Draw(t, "by")}
			if depth == 0 && rapid.Bool().Draw(t, "session") {
				i.Session = &Session{Source: s.Draw(t, "source"), Attributes: rapid.MapOf(s, s).Draw(t, "attributes")}
				if rapid.Bool().Draw(t, "federation") {
					i.Session.Federation = &Federation{Provider: s.Draw(t, "federated")}
				}
				if rapid.Bool().Draw(t, "issuer") {
					i.Session.Issuer = &Identity{Type: "Role", ARN: s.Draw(t, "role")}
				}
			}
			return i
		}
		r := &Record{
			EventVersion: s.Draw(t, "version"), UserIdentity: identity(0), EventTime: time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "time"), 0).UTC(), EventSource: s.Draw(t, "source"),
			EventName: s.Draw(t, "name"), Region: s.Draw(t, "region"), SourceIP: s.Draw(t, "ip"), UserAgent: s.Draw(t, "agent"), ErrorCode: s.Draw(t, "code"),
			ErrorMessage: s.Draw(t, "message"), RequestID: s.Draw(t, "request"), EventID: s.Draw(t, "event"), ReadOnly: rapid.Bool().Draw(t, "read"),
			EventType: s.Draw(t, "kind"), ManagementEvent: rapid.Bool().Draw(t, "management"), RecipientAccount: s.Draw(t, "recipient"),
			VPCEndpoint: s.Draw(t, "endpoint"), EventCategory: s.Draw(t, "category"),
		}
		if rapid.Bool().Draw(t, "raw") {
			r.Request, r.Response = json.RawMessage(`{"a":1}`), json.RawMessage(`null`)
		}
		for range rapid.IntRange(0, 3).Draw(t, "resources") {
			r.Resources = append(r.Resources, Resource{ARN: s.Draw(t, "arn"), Account: s.Draw(t, "account"), Type: s.Draw(t, "type")})
		}
		if rapid.Bool().Draw(t, "tls") {
			r.TLS = &TLS{Version: s.Draw(t, "version"), Suite: s.Draw(t, "suite"), Host: s.Draw(t, "host")}
		}
		want, err := json.Marshal(r)
		require.NoError(t, err)
		require.JSONEq(t, string(want), string(r.appendJSON(nil)))
	})
}
