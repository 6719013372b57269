package edge_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/audit"
	"github.com/whimbreldb/whimbrel/internal/edge"
	"github.com/whimbreldb/whimbrel/internal/edge/certificate"
	"github.com/whimbreldb/whimbrel/internal/edge/wire"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/cloudwatchapi"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/kmsapi"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/stsapi"
	"github.com/whimbreldb/whimbrel/internal/secret"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/service/kms"
	"github.com/whimbreldb/whimbrel/internal/store"
	"github.com/whimbreldb/whimbrel/internal/store/etcd/etcdtest"
	"github.com/whimbreldb/whimbrel/internal/store/storetest"
)

const (
	keyID     = "AKIAIOSFODNN7EXAMPLE"
	keySecret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
	otherID   = "AKIAI44QH8DHBEXAMPLE" // of another user, with the same secret
)

// hugeAnswer is more than all buffers between a server and its client hold.
const hugeAnswer = 64 << 20

// people know two keys.
type people struct{}

func (people) Credential(_ context.Context, id, token string, _ time.Time) (string, *service.Principal, error) {
	switch {
	case token == "old":
		return "", nil, service.ErrExpiredKey
	case id == "AKIABROKENBROKENBROK":
		return "", nil, errors.New("the store does not answer: password=hunter2")
	case id == otherID && token == "":
		return keySecret, &service.Principal{Kind: service.User, Account: "1", ARN: "arn:aws:iam::1:user/b", UserID: "AIDB", Name: "b", AccessKeyID: id}, nil
	case id != keyID || token != "":
		return "", nil, service.ErrUnknownKey
	}
	return keySecret, &service.Principal{Kind: service.User, Account: "1", ARN: "arn:aws:iam::1:user/a", UserID: "AIDA", Name: "a", AccessKeyID: id}, nil
}

// gate denies one action.
type gate struct{}

func (gate) Authorize(_ context.Context, _ *service.Call, checks []service.Check) (string, error) {
	for _, c := range checks {
		if c.Action == "kms:DisableKey" {
			return "no, not that", nil
		}
	}
	return "", nil
}

// memory is a trail in memory.
type memory struct {
	mu      sync.Mutex
	records []*audit.Record
	err     error
	full    error // of Ready
}

func (m *memory) Record(r *audit.Record) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.records = append(m.records, r)
	return m.err
}

func (m *memory) Ready() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.full
}

func (m *memory) fail(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.err = err
}

func (m *memory) last() *audit.Record {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.records[len(m.records)-1]
}

// house is an edge with two services behind it, on a listener of its own.
type house struct {
	trail  *memory
	url    string
	http   *http.Client
	tls    *tls.Config
	log    *bytes.Buffer
	edge   *edge.Edge
	server *edge.Server
	within [2]time.Duration

	connections *edge.Connections
}

func open(t *testing.T, change func(*edge.Config)) *house {
	t.Helper()
	return openWithin(t, 0, change)
}

// openWithin gives requests and their answers so much time, unless it is 0.
func openWithin(t *testing.T, limit time.Duration, change func(*edge.Config)) *house {
	t.Helper()
	return openTimed(t, [2]time.Duration{limit, limit}, change)
}

// openTimed gives requests and their answers a time each, unless it is 0.
func openTimed(t *testing.T, limits [2]time.Duration, change func(*edge.Config)) *house {
	t.Helper()
	any := func(_ context.Context, call *service.Call) ([]service.Check, error) { return call.OnAny(), nil }
	keys, err := service.New(&kmsapi.Service,
		service.Handle("Encrypt", func(ctx context.Context, call *service.Call, _ *kmsapi.EncryptRequest) ([]service.Check, error) {
			return any(ctx, call)
		},
			func(_ context.Context, _ *service.Call, in *kmsapi.EncryptRequest) (*kmsapi.EncryptResponse, error) {
				return &kmsapi.EncryptResponse{KeyId: in.KeyId, CiphertextBlob: bytes.Repeat([]byte{7}, len(in.Plaintext))}, nil
			}),
		service.Handle("DisableKey", func(ctx context.Context, call *service.Call, _ *kmsapi.DisableKeyRequest) ([]service.Check, error) {
			return any(ctx, call)
		},
			func(context.Context, *service.Call, *kmsapi.DisableKeyRequest) (*service.None, error) {
				return &service.None{}, nil
			}),
		service.Handle("EnableKey", func(ctx context.Context, call *service.Call, _ *kmsapi.EnableKeyRequest) ([]service.Check, error) {
			return any(ctx, call)
		},
			func(_ context.Context, _ *service.Call, in *kmsapi.EnableKeyRequest) (*service.None, error) {
				switch *in.KeyId {
				case "panic":
					panic("secret=hunter2")
				case "unmodelled":
					return nil, &wire.Error{Code: "MadeUpException", Message: "hunter2", Status: 400}
				case "huge":
					return nil, kmsapi.Service.NewError("NotFoundException", "%s", strings.Repeat("x", hugeAnswer))
				case "slow":
					<-time.After(time.Hour)
				case "failure":
					return nil, errors.New("password=hunter2")
				}
				return nil, kmsapi.Service.NewError("NotFoundException", "no key %s", *in.KeyId)
			}))
	require.NoError(t, err)
	tokens, err := service.New(&stsapi.Service, service.Handle("GetCallerIdentity",
		func(context.Context, *service.Call, *stsapi.GetCallerIdentityRequest) ([]service.Check, error) {
			return nil, nil
		},
		func(_ context.Context, call *service.Call, _ *stsapi.GetCallerIdentityRequest) (*stsapi.GetCallerIdentityResponse, error) {
			return &stsapi.GetCallerIdentityResponse{Arn: &call.Principal.ARN}, nil
		}))
	require.NoError(t, err)
	figures, err := service.New(&cloudwatchapi.Service, service.Handle("ListMetrics",
		func(ctx context.Context, call *service.Call, _ *cloudwatchapi.ListMetricsInput) ([]service.Check, error) {
			return any(ctx, call)
		},
		func(_ context.Context, _ *service.Call, in *cloudwatchapi.ListMetricsInput) (*cloudwatchapi.ListMetricsOutput, error) {
			if in.Namespace == nil {
				return nil, cloudwatchapi.Service.NewError("InvalidParameterValueException", "name a namespace")
			}
			return &cloudwatchapi.ListMetricsOutput{Metrics: []cloudwatchapi.Metric{{Namespace: in.Namespace}}}, nil
		}))
	require.NoError(t, err)
	h := &house{trail: &memory{}, log: &bytes.Buffer{}, within: limits, connections: edge.NewConnections(1200, 600)}
	var mu sync.Mutex
	c := edge.Config{
		Partition: "aws", Region: "eu-central-1", Account: "1", Services: []*service.Service{keys, tokens, figures}, Credentials: people{}, Authorizer: gate{},
		Recorder: h.trail, Log: slog.New(slog.NewTextHandler(locked{&mu, h.log}, nil)),
	}
	if change != nil {
		change(&c)
	}
	e, err := edge.New(c)
	require.NoError(t, err)
	s := storetest.Retried(etcdtest.Private(t))
	h.serve(t, e, s, c.Log)
	return h
}

type locked struct {
	mu *sync.Mutex
	w  io.Writer
}

func (l locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

func (h *house) serve(t *testing.T, e *edge.Edge, s store.Store, log *slog.Logger) {
	t.Helper()
	vault := kms.NewVault(s, secret.NewKeyring(), kms.Home{Partition: "aws", Account: "111122223333"}, time.Now)
	authority, err := certificate.OpenAuthority(t.Context(), s, vault.Safe("us-east-1", "acm"), time.Now())
	require.NoError(t, err)
	issued, err := certificate.NewIssued(authority, []string{"localhost"}, time.Now)
	require.NoError(t, err)
	server, err := edge.Listen("127.0.0.1:0", e, edge.TLSConfig(issued.Get), h.connections, log)
	require.NoError(t, err)
	h.edge, h.server = e, server
	if h.within[0] > 0 {
		server.Within(h.within[0], h.within[1])
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve() }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = server.Shutdown(ctx)
		require.NoError(t, <-ended)
	})
	_, port, err := net.SplitHostPort(server.Address().String())
	require.NoError(t, err)
	roots, err := tlsRoots(authority)
	require.NoError(t, err)
	h.url, h.tls = "https://localhost:"+port, roots
	transport := &http.Transport{TLSClientConfig: h.tls, ForceAttemptHTTP2: true}
	t.Cleanup(transport.CloseIdleConnections)
	h.http = &http.Client{Transport: transport}
}

// signed makes a request of KMS, signed well.
func (h *house) signed(t testing.TB, target, body string, mend func(*http.Request)) *http.Request {
	t.Helper()
	r, err := http.NewRequest(http.MethodPost, h.url, strings.NewReader(body))
	require.NoError(t, err)
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", "TrentService."+target)
	id := aws.Credentials{AccessKeyID: keyID, SecretAccessKey: keySecret}
	if mend != nil {
		mend(r)
		if token := r.Header.Get("Test-Token"); token != "" {
			id.SessionToken = token
		}
		if other := r.Header.Get("Test-Key"); other != "" {
			id.AccessKeyID = other
		}
	}
	digest := sha256.Sum256([]byte(body))
	require.NoError(t, v4.NewSigner().SignHTTP(t.Context(), id, r, hex.EncodeToString(digest[:]), "kms", "eu-central-1", time.Now()))
	return r
}

func (h *house) do(t testing.TB, r *http.Request) (int, string, http.Header) {
	t.Helper()
	answer, err := h.http.Do(r)
	require.NoError(t, err)
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	return answer.StatusCode, string(body), answer.Header
}

func TestACallAndItsRecord(t *testing.T) {
	h := open(t, nil)
	status, body, header := h.do(t, h.signed(t, "Encrypt", `{"KeyId":"k","Plaintext":"aHVudGVyMg=="}`, nil))
	require.Equal(t, 200, status, body)
	require.JSONEq(t, `{"CiphertextBlob":"BwcHBwcHBw==","KeyId":"k"}`, body)
	require.Equal(t, "application/x-amz-json-1.1", header.Get("Content-Type"))
	r := h.trail.last()
	require.Equal(t, header.Get("X-Amzn-Requestid"), r.RequestID)
	require.Equal(t, "kms.amazonaws.com", r.EventSource)
	require.Equal(t, "Encrypt", r.EventName)
	require.Equal(t, "a", r.UserIdentity.UserName)
	require.JSONEq(t, `{"keyId":"k","plaintext":"***"}`, string(r.Request))
	require.Equal(t, "127.0.0.1", r.SourceIP)
	require.Equal(t, "TLSv1.3", r.TLS.Version)
}

// TestThreeProtocolsOfOneService: the protocol is chosen by the request's headers and path, and answered in.
func TestThreeProtocolsOfOneService(t *testing.T) {
	h := open(t, nil)
	ask := func(path, body string, headers ...string) (int, string, http.Header) {
		r, err := http.NewRequest(http.MethodPost, h.url+path, strings.NewReader(body))
		require.NoError(t, err)
		for i := 0; i < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		digest := sha256.Sum256([]byte(body))
		require.NoError(t, v4.NewSigner().SignHTTP(t.Context(), aws.Credentials{AccessKeyID: keyID, SecretAccessKey: keySecret}, r, hex.EncodeToString(digest[:]), "monitoring", "eu-central-1", time.Now()))
		return h.do(t, r)
	}
	const cbor = "/service/GraniteServiceVersion20100801/operation/ListMetrics"
	status, body, header := ask(cbor, "\xa1iNamespaceeA/DMS"+"", "Smithy-Protocol", "rpc-v2-cbor", "Content-Type", "application/cbor")
	require.Equal(t, 200, status, body)
	require.Equal(t, "rpc-v2-cbor", header.Get("Smithy-Protocol"))
	require.Equal(t, "application/cbor", header.Get("Content-Type"))
	require.Equal(t, "\xa1gMetrics\x81\xa1iNamespaceeA/DMS", body)
	status, body, header = ask(cbor, "", "Smithy-Protocol", "rpc-v2-cbor")
	require.Equal(t, 400, status)
	require.Contains(t, body, "name a namespace")
	require.Contains(t, body, "InvalidParameterValueException")
	require.Equal(t, "InvalidParameterValue;Sender", header.Get("X-Amzn-Query-Error"))

	status, body, header = ask("/", `{"Namespace":"A/DMS"}`, "X-Amz-Target", "GraniteServiceVersion20100801.ListMetrics", "Content-Type", "application/x-amz-json-1.0")
	require.Equal(t, 200, status, body)
	require.JSONEq(t, `{"Metrics":[{"Namespace":"A/DMS"}]}`, body)
	require.Equal(t, "application/x-amz-json-1.0", header.Get("Content-Type"))

	status, body, header = ask("/", "Action=ListMetrics&Version=2010-08-01&Namespace=A%2FDMS", "Content-Type", "application/x-www-form-urlencoded")
	require.Equal(t, 200, status, body)
	require.Contains(t, body, "<ListMetricsResult><Metrics><member><Namespace>A/DMS</Namespace></member></Metrics></ListMetricsResult>")
	require.Equal(t, "text/xml", header.Get("Content-Type"))
	status, body, _ = ask("/", "Action=Fly&Version=2010-08-01", "Content-Type", "application/x-www-form-urlencoded")
	require.Equal(t, 400, status)
	require.Contains(t, body, "<Code>InvalidAction</Code><Message>Could not find operation Fly for version 2010-08-01</Message>")
}

// gzipped packs a text.
func gzipped(t *testing.T, text string) string {
	t.Helper()
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, err := w.Write([]byte(text))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return packed.String()
}

// TestBodiesAreUnpacked sends bodies as SDKs do when they are large: compressed, and signed as they are sent.
func TestBodiesAreUnpacked(t *testing.T) {
	h := open(t, nil)
	good := `{"KeyId":"k","Plaintext":"aHVudGVyMg=="}`
	bomb := gzipped(t, strings.Repeat(" ", wire.MaxBody+1))
	require.Less(t, len(bomb), 10_000)
	for _, c := range []struct {
		name, encoding, body string
		status               int
		want                 string
	}{
		{"gzip", "gzip", gzipped(t, good), 200, "BwcHBwcHBw=="},
		{"letters of any case", "GZIP", gzipped(t, good), 200, "BwcHBwcHBw=="},
		{"in two parts", "gzip", gzipped(t, good[:9]) + gzipped(t, good[9:]), 200, "BwcHBwcHBw=="},
		{"none", "identity", good, 200, "BwcHBwcHBw=="},
		{"as large as may be", "gzip", gzipped(t, good+strings.Repeat(" ", wire.MaxBody-len(good))), 200, "BwcHBwcHBw=="},
		{"a bomb", "gzip", bomb, 413, "RequestEntityTooLargeException"},
		{"a bomb in a bomb", "gzip, gzip", gzipped(t, bomb), 400, `"__type":"SerializationException","message":"The body has the Content-Encoding gzip, gzip: want gzip, or none."`},
		{"another", "br", good, 400, `"__type":"SerializationException","message":"The body has the Content-Encoding br: want gzip, or none."`},
		{"not gzip", "gzip", good, 400, `"__type":"SerializationException","message":"The body is not gzip, as its Content-Encoding says`},
		{"cut off", "gzip", gzipped(t, good)[:20], 400, "it ends early"},
		{"with a wrong sum", "gzip", gzipped(t, good)[:len(gzipped(t, good))-6] + "xxxxxx", 400, "The body is not gzip"},
		{"empty", "gzip", "", 400, "it ends early"},
	} {
		t.Run(c.name, func(t *testing.T) {
			status, body, _ := h.do(t, h.signed(t, "Encrypt", c.body, func(r *http.Request) { r.Header.Set("Content-Encoding", c.encoding) }))
			require.Equal(t, c.status, status, body)
			require.Contains(t, body, c.want)
		})
	}
	r := h.signed(t, "Encrypt", gzipped(t, good), func(r *http.Request) { r.Header.Set("Content-Encoding", "gzip") })
	other := gzipped(t, good+" ")
	r.Body, r.ContentLength, r.GetBody = io.NopCloser(strings.NewReader(other)), int64(len(other)), nil
	status, body, _ := h.do(t, r)
	require.Equal(t, 400, status)
	require.Contains(t, body, "InvalidSignatureException", "the signature is over what was sent")
}

func TestErrorsOfEveryGate(t *testing.T) {
	h := open(t, nil)
	long := strings.Repeat("x", wire.MaxBody+1)
	for _, c := range []struct {
		name, target, body string
		mend               func(*http.Request)
		status             int
		want               string
	}{
		{"denied", "DisableKey", `{"KeyId":"k"}`, nil, 400, `{"__type":"AccessDeniedException","message":"no, not that"}`},
		{"denied before it is validated", "DisableKey", `{}`, nil, 400, `{"__type":"AccessDeniedException","message":"no, not that"}`},
		{"invalid", "EnableKey", `{}`, nil, 400, `"__type":"ValidationException","message":"1 validation error detected: Value null at 'keyId' failed to satisfy constraint: Member must not be null"`},
		{"modelled", "EnableKey", `{"KeyId":"k"}`, nil, 400, `{"__type":"NotFoundException","message":"no key k"}`},
		{"unmodelled", "EnableKey", `{"KeyId":"unmodelled"}`, nil, 500, "InternalFailure"},
		{"failure", "EnableKey", `{"KeyId":"failure"}`, nil, 500, "InternalFailure"},
		{"panic", "EnableKey", `{"KeyId":"panic"}`, nil, 500, "InternalFailure"},
		{"unknown operation", "Fly", `{}`, nil, 400, `{"__type":"UnknownOperationException"}`},
		{"not served yet", "CreateKey", `{}`, nil, 400, `{"__type":"UnknownOperationException"}`},
		{"not JSON", "EnableKey", `{"KeyId":`, nil, 400, "SerializationException"},
		{"too large", "EnableKey", long, nil, 413, "RequestEntityTooLargeException"},
		{"unknown key", "EnableKey", `{}`, func(r *http.Request) { r.Header.Set("Test-Key", "AKIANOBODYNOBODYNOBO") }, 400, `{"__type":"UnrecognizedClientException","message":"The security token included in the request is invalid."}`},
		{"expired", "EnableKey", `{}`, func(r *http.Request) { r.Header.Set("Test-Token", "old") }, 400, `{"__type":"ExpiredTokenException","message":"The security token included in the request is expired"}`},
		{"no directory", "EnableKey", `{}`, func(r *http.Request) { r.Header.Set("Test-Key", "AKIABROKENBROKENBROK") }, 500, "InternalFailure"},
	} {
		t.Run(c.name, func(t *testing.T) {
			status, body, _ := h.do(t, h.signed(t, c.target, c.body, c.mend))
			require.Equal(t, c.status, status, body)
			require.Contains(t, body, c.want)
			require.NotContains(t, body, "hunter2")
			require.NotEmpty(t, h.trail.last().ErrorCode, "refused calls are recorded too")
		})
	}
}

func TestWhatIsNotRecordedIsNotAnswered(t *testing.T) {
	h := open(t, nil)
	h.trail.err = errors.New("the disk is full")
	status, body, _ := h.do(t, h.signed(t, "Encrypt", `{"KeyId":"k","Plaintext":"aA=="}`, nil))
	require.Equal(t, 500, status)
	require.NotContains(t, body, "CiphertextBlob")
}

func TestACallEndsInTime(t *testing.T) {
	h := open(t, func(c *edge.Config) {
		c.Timeout = 100 * time.Millisecond
		c.Authorizer = slowGate{}
	})
	status, body, _ := h.do(t, h.signed(t, "Encrypt", `{"KeyId":"k","Plaintext":"aA=="}`, nil))
	require.Equal(t, 503, status)
	require.Contains(t, body, "The request was not done in time")
}

type slowGate struct{}

func (slowGate) Authorize(ctx context.Context, _ *service.Call, _ []service.Check) (string, error) {
	<-ctx.Done()
	return "", fmt.Errorf("decide: %w", ctx.Err())
}

func TestEachPrincipalHasItsBucket(t *testing.T) {
	h := open(t, func(c *edge.Config) { c.Throttle = edge.Throttle{Rate: 0.001, Burst: 3} })
	for i := range 5 {
		status, body, _ := h.do(t, h.signed(t, "Encrypt", `{"KeyId":"k","Plaintext":"aA=="}`, nil))
		if i < 3 {
			require.Equal(t, 200, status)
			continue
		}
		require.Equal(t, 400, status)
		require.JSONEq(t, `{"__type":"ThrottlingException","message":"Rate exceeded"}`, body)
	}
	status, body, _ := h.do(t, h.signed(t, "Encrypt", `{"KeyId":"k","Plaintext":"aA=="}`, func(r *http.Request) { r.Header.Set("Test-Key", otherID) }))
	require.Equal(t, 200, status, "another's bucket is full: %s", body)
}

// TestBadSignaturesSlowTheirSource: the first are answered at once, later ones later; a good one beside them is not held up.
func TestBadSignaturesSlowTheirSource(t *testing.T) {
	h := open(t, nil)
	bad := func() time.Duration {
		r := h.signed(t, "Encrypt", `{}`, nil)
		r.Header.Set("Authorization", r.Header.Get("Authorization")[:len(r.Header.Get("Authorization"))-4]+"0000")
		began := time.Now()
		status, body, _ := h.do(t, r)
		require.Equal(t, 400, status, body)
		require.Contains(t, body, "InvalidSignatureException")
		return time.Since(began)
	}
	for range 5 {
		bad()
	}
	require.GreaterOrEqual(t, bad(), 50*time.Millisecond)
	require.GreaterOrEqual(t, bad(), 100*time.Millisecond)
	require.GreaterOrEqual(t, bad(), 200*time.Millisecond)
	var waiting sync.WaitGroup
	waiting.Go(func() { bad() })
	status, _, _ := h.do(t, h.signed(t, "Encrypt", `{"KeyId":"k","Plaintext":"aA=="}`, nil))
	require.Equal(t, 200, status)
	waiting.Wait()
}

// TestABadNeighbourLocksNobodyOut: however many bad requests of an address wait, a good one passes; a further bad one is turned away.
func TestABadNeighbourLocksNobodyOut(t *testing.T) {
	h := open(t, nil)
	h.edge.Crowd(netip.MustParseAddr("127.0.0.1"))
	status, body, _ := h.do(t, h.signed(t, "Encrypt", `{"KeyId":"k","Plaintext":"aA=="}`, nil))
	require.Equal(t, 200, status, body)
	r := h.signed(t, "Encrypt", `{}`, nil)
	r.Header.Set("Authorization", r.Header.Get("Authorization")[:len(r.Header.Get("Authorization"))-4]+"0000")
	began := time.Now()
	_, body, _ = h.do(t, r)
	require.Contains(t, body, "ThrottlingException")
	require.Less(t, time.Since(began), 4*time.Second, "it does not wait for its turn")
}

// TestOurFailuresAreNobodysOffence: a store that does not answer makes no bad signatures.
func TestOurFailuresAreNobodysOffence(t *testing.T) {
	h := open(t, nil)
	for range 8 {
		r := h.signed(t, "Encrypt", `{}`, nil)
		r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), keyID, "AKIABROKENBROKENBROK", 1))
		status, body, _ := h.do(t, r)
		require.Equal(t, 500, status, body)
	}
	require.Zero(t, h.edge.Offenders())
	r := h.signed(t, "Encrypt", `{}`, nil)
	r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), keyID, "AKIANOBODYNOBODYNOBO", 1))
	_, body, _ := h.do(t, r)
	require.Contains(t, body, "security token included in the request is invalid")
	require.Equal(t, 1, h.edge.Offenders())
}

// TestTLS: nothing older than 1.2, nothing without forward secrecy, no plain HTTP.
func TestTLS(t *testing.T) {
	h := open(t, nil)
	address := strings.TrimPrefix(h.url, "https://")
	dial := func(change func(*tls.Config)) error {
		c := h.tls.Clone()
		change(c)
		conn, err := tls.Dial("tcp", address, c)
		if err == nil {
			_ = conn.Close()
		}
		return err
	}
	require.NoError(t, dial(func(*tls.Config) {}))
	require.NoError(t, dial(func(c *tls.Config) { c.MaxVersion = tls.VersionTLS12 }))
	require.Error(t, dial(func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS11 }))
	for _, suites := range [][]*tls.CipherSuite{tls.CipherSuites(), tls.InsecureCipherSuites()} {
		for _, suite := range suites {
			if len(suite.SupportedVersions) == 1 && suite.SupportedVersions[0] == tls.VersionTLS13 {
				continue
			}
			err := dial(func(c *tls.Config) { c.MaxVersion, c.CipherSuites = tls.VersionTLS12, []uint16{suite.ID} })
			forward := strings.HasPrefix(suite.Name, "TLS_ECDHE_ECDSA") && (strings.Contains(suite.Name, "GCM") || strings.Contains(suite.Name, "POLY1305"))
			require.Equal(t, forward, err == nil, suite.Name)
		}
	}
	answer, err := http.Get("http://" + address)
	if err == nil { // Go's server says so in plain text and closes
		defer answer.Body.Close()
		require.Equal(t, 400, answer.StatusCode)
		body, err := io.ReadAll(answer.Body)
		require.NoError(t, err)
		require.Contains(t, string(body), "HTTP request to an HTTPS server")
	}
}

func TestBothVersionsOfHTTP(t *testing.T) {
	h := open(t, nil)
	answer, err := h.http.Do(h.signed(t, "Encrypt", `{"KeyId":"k","Plaintext":"aA=="}`, nil))
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	require.Equal(t, 2, answer.ProtoMajor)
	transport := &http.Transport{TLSClientConfig: h.tls.Clone()}
	defer transport.CloseIdleConnections()
	transport.TLSClientConfig.NextProtos = []string{"http/1.1"}
	h.http = &http.Client{Transport: transport}
	answer, err = h.http.Do(h.signed(t, "Encrypt", `{"KeyId":"k","Plaintext":"aA=="}`, nil))
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	require.Equal(t, 1, answer.ProtoMajor)
	require.Equal(t, 200, answer.StatusCode)
}

// patient is how long a test waits on a loaded machine.
const patient = 90 * time.Second

// TestSlowClientsAreDropped sends a request's head without its end.
func TestSlowClientsAreDropped(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for a time limit")
	}
	h := open(t, nil)
	c := h.tls.Clone()
	c.NextProtos = []string{"http/1.1"}
	conn, err := tls.Dial("tcp", strings.TrimPrefix(h.url, "https://"), c)
	require.NoError(t, err)
	defer conn.Close()
	_, err = io.WriteString(conn, "POST / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
	require.NoError(t, err)
	require.NoError(t, conn.SetReadDeadline(time.Now().Add(patient)))
	_, err = bufio.NewReader(conn).ReadString('\n')
	require.Error(t, err)
	require.NotErrorIs(t, err, os.ErrDeadlineExceeded, "the server kept waiting")
}

// TestHeadsAreBounded: a head that is too long is refused, and reaches nothing.
func TestHeadsAreBounded(t *testing.T) {
	h := open(t, nil)
	for size, want := range map[int]bool{edge.MaxHead / 2: false, 2 * edge.MaxHead: true} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, h.url, nil)
		require.NoError(t, err)
		r.Header.Set("X-Long", strings.Repeat("x", size))
		answer, err := (&http.Client{Transport: &http.Transport{TLSClientConfig: h.tls.Clone()}}).Do(r)
		require.NoError(t, err)
		require.NoError(t, answer.Body.Close())
		require.Equal(t, want, answer.StatusCode == http.StatusRequestHeaderFieldsTooLarge, "%d bytes: %s", size, answer.Status)
	}
}

// TestABodyThatEndsEarlyIsNoSuccess announces a longer body than it sends, as an SDK does that compresses a body behind the length's
// back: the caller, who waits, is told that nothing was done, and not with an empty 200.
func TestABodyThatEndsEarlyIsNoSuccess(t *testing.T) {
	h := openTimed(t, [2]time.Duration{time.Second, patient}, nil)
	c := h.tls.Clone()
	c.NextProtos = []string{"http/1.1"}
	conn, err := tls.Dial("tcp", strings.TrimPrefix(h.url, "https://"), c)
	require.NoError(t, err)
	defer conn.Close()
	head := h.signed(t, "EnableKey", "{}", nil).Header
	head.Set("Host", "localhost")
	head.Set("Content-Length", "100")
	var request bytes.Buffer
	request.WriteString("POST / HTTP/1.1\r\n")
	require.NoError(t, head.Write(&request))
	request.WriteString("\r\n{}")
	_, err = request.WriteTo(conn)
	require.NoError(t, err)
	require.NoError(t, conn.SetReadDeadline(time.Now().Add(patient)))
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(t, err)
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusRequestTimeout, answer.StatusCode)
	require.Contains(t, string(body), "The request did not arrive in time.")
}

// TestNothingIsDoneThatCannotBeRecorded has an operation fall that must not be reached.
func TestNothingIsDoneThatCannotBeRecorded(t *testing.T) {
	h := open(t, nil)
	h.trail.mu.Lock()
	h.trail.full = errors.New("no space left on device")
	h.trail.mu.Unlock()
	status, body, _ := h.do(t, h.signed(t, "EnableKey", `{"KeyId":"panic"}`, nil))
	require.Equal(t, 500, status)
	require.Contains(t, body, "unknown error")
	require.NotContains(t, body, "space")
	require.Contains(t, h.log.String(), "nothing can be recorded in the audit trail, so nothing is done: no space left on device")
	require.NotContains(t, h.log.String(), "made the program fall")
}

func TestTwoServicesOfOneName(t *testing.T) {
	s, err := service.New(&stsapi.Service)
	require.NoError(t, err)
	_, err = edge.New(edge.Config{Services: []*service.Service{s, s}})
	require.ErrorContains(t, err, "two services are signed as sts")
}
