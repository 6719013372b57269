package serve_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/stretchr/testify/require"
)

// A forgery signs a request so that it must be refused with one of the codes.
type forgery struct {
	name string
	sign func(r *http.Request, body []byte, service string) (*http.Request, error)
	want string
}

const (
	badSignature = "InvalidSignatureException|SignatureDoesNotMatch"
	badKey       = "UnrecognizedClientException|InvalidClientTokenId|AuthFailure"
)

// signedAt signs a request as the SDKs do.
func signedAt(r *http.Request, body []byte, id aws.Credentials, service, where string, at time.Time) (*http.Request, error) {
	digest := sha256.Sum256(body)
	err := v4.NewSigner().SignHTTP(r.Context(), id, r, hex.EncodeToString(digest[:]), service, where, at)
	return r, err
}

// inQuery puts the signature into the query.
func inQuery(r *http.Request, body []byte, id aws.Credentials, service string, at time.Time) (*http.Request, error) {
	query := r.URL.Query()
	query.Set("X-Amz-Expires", "60")
	r.URL.RawQuery = query.Encode()
	digest := sha256.Sum256(body)
	signed, headers, err := v4.NewSigner().PresignHTTP(r.Context(), id, r, hex.EncodeToString(digest[:]), service, region, at)
	if err != nil {
		return nil, err
	}
	if r.URL, err = url.Parse(signed); err != nil {
		return nil, err
	}
	for name, values := range headers {
		r.Header[name] = values
	}
	return r, nil
}

// forgeries are requests of the first administrator that are no good, and of keys that are not, or not as they are used, anyone's.
func forgeries(admin aws.Credentials, keys map[string]aws.Credentials) []forgery {
	header := func(change func(id *aws.Credentials, at *time.Time, service, where *string)) func(*http.Request, []byte, string) (*http.Request, error) {
		return func(r *http.Request, body []byte, service string) (*http.Request, error) {
			id, at, where := admin, time.Now(), region
			change(&id, &at, &service, &where)
			return signedAt(r, body, id, service, where, at)
		}
	}
	all := []forgery{
		{"another secret", header(func(id *aws.Credentials, _ *time.Time, _, _ *string) {
			id.SecretAccessKey = "x" + id.SecretAccessKey[1:] + "y"
		}), badSignature},
		{"old", header(func(_ *aws.Credentials, at *time.Time, _, _ *string) { *at = at.Add(-20 * time.Minute) }), badSignature},
		{"of times to come", header(func(_ *aws.Credentials, at *time.Time, _, _ *string) { *at = at.Add(20 * time.Minute) }), badSignature},
		{"for another region", header(func(_ *aws.Credentials, _ *time.Time, _, where *string) { *where = "ap-south-1" }), badSignature},
		{"for another service", header(func(_ *aws.Credentials, _ *time.Time, service, _ *string) { *service = "s3" }), badSignature + "|InvalidAction"},
		{"with a signature made up", func(r *http.Request, body []byte, service string) (*http.Request, error) {
			r, err := signedAt(r, body, admin, service, region, time.Now())
			text := r.Header.Get("Authorization")
			r.Header.Set("Authorization", text[:len(text)-64]+strings.Repeat("0", 64))
			return r, err
		}, badSignature},
		{"with a header changed", func(r *http.Request, body []byte, service string) (*http.Request, error) {
			r.Header.Set("X-Amz-Meta", "a")
			r, err := signedAt(r, body, admin, service, region, time.Now())
			r.Header.Set("X-Amz-Meta", "b")
			return r, err
		}, badSignature},
		{"with its body changed", func(r *http.Request, body []byte, service string) (*http.Request, error) {
			r, err := signedAt(r, body, admin, service, region, time.Now())
			body = append(bytes.Clone(body), ' ')
			r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
			return r, err
		}, badSignature},
		{"presigned, and over", func(r *http.Request, body []byte, service string) (*http.Request, error) {
			return inQuery(r, body, admin, service, time.Now().Add(-2*time.Minute))
		}, badSignature},
		{"presigned, with another parameter", func(r *http.Request, body []byte, service string) (*http.Request, error) {
			r, err := inQuery(r, body, admin, service, time.Now())
			if err == nil {
				r.URL.RawQuery += "&DryRun=true"
			}
			return r, err
		}, badSignature},
	}
	for name, key := range keys {
		all = append(all, forgery{name, header(func(id *aws.Credentials, _ *time.Time, _, _ *string) { *id = key }), badKey})
	}
	return all
}

// lost are keys that were good and are not, and parts of good ones.
func lost(t *testing.T, s *server) map[string]aws.Credentials {
	t.Helper()
	people := iam.NewFromConfig(s.sdk(t))
	name := "lost"
	_, err := people.CreateUser(t.Context(), &iam.CreateUserInput{UserName: &name})
	require.NoError(t, err)
	keys := map[string]aws.Credentials{}
	for _, kind := range []string{"of a key that is inactive", "of a key that was deleted"} {
		made, err := people.CreateAccessKey(t.Context(), &iam.CreateAccessKeyInput{UserName: &name})
		require.NoError(t, err)
		id := made.AccessKey.AccessKeyId
		keys[kind] = aws.Credentials{AccessKeyID: *id, SecretAccessKey: *made.AccessKey.SecretAccessKey}
		if strings.HasSuffix(kind, "deleted") {
			_, err = people.DeleteAccessKey(t.Context(), &iam.DeleteAccessKeyInput{UserName: &name, AccessKeyId: id})
		} else {
			_, err = people.UpdateAccessKey(t.Context(), &iam.UpdateAccessKeyInput{UserName: &name, AccessKeyId: id, Status: types.StatusTypeInactive})
		}
		require.NoError(t, err)
	}
	session, err := sts.NewFromConfig(s.sdk(t)).GetSessionToken(t.Context(), nil)
	require.NoError(t, err)
	c := session.Credentials
	keys["of a session without its token"] = aws.Credentials{AccessKeyID: *c.AccessKeyId, SecretAccessKey: *c.SecretAccessKey}
	keys["of a session with a token cut short"] = aws.Credentials{AccessKeyID: *c.AccessKeyId, SecretAccessKey: *c.SecretAccessKey, SessionToken: (*c.SessionToken)[:len(*c.SessionToken)-4]}
	return keys
}

// sources are clients of ever new addresses of the loopback, since bad signatures slow the address that they come from.
type sources struct {
	t    *testing.T
	s    *server
	n    int
	http *http.Client
}

func (s *sources) do(r *http.Request) *http.Response {
	s.t.Helper()
	if s.n%5 == 0 {
		if s.http != nil {
			s.http.CloseIdleConnections()
		}
		s.http = s.s.http(s.t)
		at := s.n/5 + 1
		dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 1, byte(at/250), byte(at%250+2))}}
		s.http.Transport.(*http.Transport).DialContext = dialer.DialContext //nolint:forcetypeassert // ours
	}
	s.n++
	answer, err := s.http.Do(r)
	require.NoError(s.t, err)
	return answer
}

// TestNoForgeryIsAnswered walks every operation of every service with signatures that look as they should and do not hold.
func TestNoForgeryIsAnswered(t *testing.T) {
	t.Parallel()
	s := first(t)
	id, secret := s.credentials(t)
	all := forgeries(aws.Credentials{AccessKeyID: id, SecretAccessKey: secret}, lost(t, s))
	from := &sources{t: t, s: s}
	for _, model := range models {
		for i := range model.Operations {
			op := &model.Operations[i]
			for _, f := range all {
				kind := fmt.Sprintf("%s %s signed %s", model.Name, op.Name, f.name)
				r := forms(t, s.url, model, op.Name)[0]
				body, err := io.ReadAll(r.Body)
				require.NoError(t, err)
				r.Body = io.NopCloser(bytes.NewReader(body))
				r, err = f.sign(r, body, model.SigningName)
				require.NoError(t, err, kind)
				from.refused(r, f.want, kind)
			}
		}
	}
	t.Logf("%d requests", from.n)
}

func (s *sources) refused(r *http.Request, want, kind string) {
	s.t.Helper()
	answer := s.do(r)
	said, err := io.ReadAll(answer.Body)
	require.NoError(s.t, err)
	require.NoError(s.t, answer.Body.Close())
	require.GreaterOrEqual(s.t, answer.StatusCode, 400, kind)
	require.Less(s.t, answer.StatusCode, 500, "%s: %s", kind, said)
	require.Regexp(s.t, want, string(said), kind)
}
