package serve_test

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/edge/wire"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/cloudtrailapi"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/cloudwatchapi"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/ec2api"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/kmsapi"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/logsapi"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/redshiftapi"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/secretsmanagerapi"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/stsapi"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/whimbrelapi"
)

var models = []*wire.Service{
	&cloudtrailapi.Service, &cloudwatchapi.Service, &dmsapi.Service, &ec2api.Service, &iamapi.Service, &kmsapi.Service, &logsapi.Service,
	&redshiftapi.Service, &secretsmanagerapi.Service, &stsapi.Service, &whimbrelapi.Service,
}

// forms are the requests that a client could make for an operation, in each protocol of its service.
func forms(t *testing.T, base string, s *wire.Service, op string) []*http.Request {
	t.Helper()
	var all []*http.Request
	add := func(method, at, body string, headers ...string) {
		r, err := http.NewRequest(method, at, bytes.NewReader([]byte(body)))
		require.NoError(t, err)
		for i := 0; i < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		all = append(all, r)
	}
	for _, p := range s.Protocols {
		switch p {
		case wire.JSON10:
			add("POST", base+"/", "{}", "Content-Type", "application/x-amz-json-1.0", "X-Amz-Target", s.TargetPrefix+"."+op)
		case wire.JSON11:
			add("POST", base+"/", "{}", "Content-Type", "application/x-amz-json-1.1", "X-Amz-Target", s.TargetPrefix+"."+op)
			add("GET", base+"/", "", "Content-Type", "application/x-amz-json-1.1", "X-Amz-Target", s.TargetPrefix+"."+op)
		case wire.CBOR:
			add("POST", base+"/service/"+s.TargetPrefix+"/operation/"+op, "\xa0", "Content-Type", "application/cbor", "Smithy-Protocol", "rpc-v2-cbor")
		case wire.Query, wire.EC2:
			form := url.Values{"Action": {op}, "Version": {s.Version}}.Encode()
			add("POST", base+"/", form, "Content-Type", "application/x-www-form-urlencoded")
			add("GET", base+"/?"+form, "")
		}
	}
	return all
}

// TestNothingAnswersUnsigned walks every operation of every service in every protocol, without a signature and with ones
// that are no good. The only operation that needs no signature asks for its own proof.
func TestNothingAnswersUnsigned(t *testing.T) {
	t.Parallel()
	folders, err := filepath.Glob("../../internal/edge/wire/*api")
	require.NoError(t, err)
	require.Len(t, models, len(folders), "a service is missing in the walk")
	s := first(t)
	client := s.http(t)
	id, _ := s.credentials(t)
	bad := []map[string]string{
		{},
		{"Authorization": "Basic YWRtaW46YWRtaW4="},
		{"Authorization": "AWS4-HMAC-SHA256"},
		{"Authorization": "AWS4-HMAC-SHA256 Credential=" + id + "/20260101/" + region + "/sts/aws4_request, SignedHeaders=host, Signature=", "X-Amz-Date": "20260101T000000Z"},
	}
	asked := 0
	for _, model := range models {
		for i := range model.Operations {
			op := &model.Operations[i]
			for _, headers := range bad {
				for _, r := range forms(t, s.url, model, op.Name) {
					for k, v := range headers {
						r.Header.Set(k, v)
					}
					answer, err := client.Do(r)
					require.NoError(t, err)
					body, err := io.ReadAll(answer.Body)
					require.NoError(t, err)
					require.NoError(t, answer.Body.Close())
					asked++
					require.GreaterOrEqual(t, answer.StatusCode, 400, "%s %s", model.Name, op.Name)
					require.Less(t, answer.StatusCode, 500, "%s %s: %s", model.Name, op.Name, body)
					require.NotEmpty(t, answer.Header.Get("X-Amzn-Requestid"))
					want := "MissingAuthenticationToken|IncompleteSignature"
					if op.Unsigned && len(headers) == 0 && r.Method == http.MethodPost {
						want = "ValidationError"
					}
					require.Regexp(t, want, string(body), "%s %s", model.Name, op.Name)
				}
			}
		}
	}
	t.Logf("%d requests", asked)
	for _, path := range []string{"/", "/healthz", "/metrics", "/favicon.ico", "/service/x/operation/y", "/../etc/passwd", "/debug/pprof/", "/?Action=GetCallerIdentity"} {
		for _, method := range []string{"GET", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"} {
			r, err := http.NewRequest(method, s.url+path, nil)
			require.NoError(t, err)
			answer, err := client.Do(r)
			require.NoError(t, err)
			require.NoError(t, answer.Body.Close())
			if method == http.MethodGet && path == "/" { // the console's page, which holds nothing that is anyone's
				require.Equal(t, http.StatusOK, answer.StatusCode)
				require.NotEmpty(t, answer.Header.Get("Content-Security-Policy"))
				continue
			}
			require.GreaterOrEqual(t, answer.StatusCode, 400, "%s %s", method, path)
			require.Less(t, answer.StatusCode, 500, "%s %s", method, path)
		}
	}

	// None of it lies in the trail of those who are known.
	s.stop(t)
	known, err := os.ReadFile(filepath.Join(s.dir, "audit", "trail.jsonl"))
	require.NoError(t, err)
	require.Empty(t, string(known))
	refused, err := os.ReadFile(filepath.Join(s.dir, "audit", "refused", "trail.jsonl"))
	require.NoError(t, err)
	require.GreaterOrEqual(t, bytes.Count(refused, []byte("\n")), asked)
}
