package bucket

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
	"github.com/stretchr/testify/require"
)

// TestS3 writes to a server that speaks S3, and looks at what it was asked and holds.
func TestS3(t *testing.T) {
	held := s3mem.New()
	speaks := gofakes3.New(held).Server()
	var asked []http.Header
	deny, refuse, status := false, "", http.StatusBadRequest
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Header.Clone())
		if deny {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		if refuse != "" && r.Method == http.MethodPut {
			w.Header().Set("Content-Type", "application/xml")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, refuse)
			return
		}
		speaks.ServeHTTP(w, r)
	}))
	defer server.Close()
	s, err := NewS3(S3Config{Endpoint: server.URL, Region: "eu-central-1", Access: "AKIDEXAMPLE", Secret: "secret"})
	require.NoError(t, err)
	require.ErrorIs(t, s.Check(t.Context(), "proof", Seal{}), ErrNoBucket)
	require.ErrorIs(t, s.Put(t.Context(), Object{Bucket: "proof", Key: "a", Body: []byte("1")}), ErrNoBucket)
	require.NoError(t, held.CreateBucket("proof"))
	require.NoError(t, s.Check(t.Context(), "proof", Seal{}))

	const key = "arn:aws:kms:eu-central-1:111122223333:key/k"
	for _, c := range []struct {
		seal      Seal
		mode, key string
	}{{Seal{}, "", ""}, {Seal{Mode: SSES3}, "AES256", ""}, {Seal{Mode: SSEKMS}, "aws:kms", ""}, {Seal{SSEKMS, key}, "aws:kms", key}} {
		require.NoError(t, s.Put(t.Context(), Object{Bucket: "proof", Key: "runs/summary.json", Type: "application/json", Body: []byte(`{"a":1}`), Seal: c.seal}))
		h := asked[len(asked)-1]
		require.Equal(t, c.mode, h.Get("X-Amz-Server-Side-Encryption"))
		require.Equal(t, c.key, h.Get("X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id"))
		require.Contains(t, h.Get("Authorization"), "AKIDEXAMPLE/")
	}
	o, err := held.GetObject("proof", "runs/summary.json", nil)
	require.NoError(t, err)
	body, err := io.ReadAll(o.Contents)
	require.NoError(t, err)
	require.JSONEq(t, `{"a":1}`, string(body))
	require.Equal(t, server.URL+"/proof/runs/summary.json", s.URL("proof", "runs/summary.json"))
	// An encryption is tried, and leaves nothing behind.
	require.NoError(t, s.Check(t.Context(), "proof", Seal{SSEKMS, key}))
	require.Equal(t, "aws:kms", asked[len(asked)-2].Get("X-Amz-Server-Side-Encryption"))
	_, err = held.GetObject("proof", sealCheck, nil)
	require.Error(t, err)
	for code, want := range map[string]error{
		"KMS.NotFoundException": ErrNoKey, "KMS.DisabledException": ErrKeyDisabled, "KMS.KMSInvalidStateException": ErrKeyState, "KMS.UnknownException": ErrKey, "InvalidArgument": ErrSeal,
	} {
		refuse = "<Error><Code>" + code + "</Code><Message>no</Message></Error>"
		require.ErrorIs(t, s.Check(t.Context(), "proof", Seal{SSEKMS, key}), want)
	}
	refuse, status = "<Error><Code>AccessDenied</Code><Message>not authorized to perform: kms:GenerateDataKey</Message></Error>", http.StatusForbidden
	require.ErrorIs(t, s.Check(t.Context(), "proof", Seal{SSEKMS, key}), ErrKeyDenied)
	refuse = ""
	deny = true
	require.ErrorIs(t, s.Check(t.Context(), "proof", Seal{}), ErrDenied)
	require.ErrorIs(t, s.Put(t.Context(), Object{Bucket: "proof", Key: "a", Body: []byte("1")}), ErrDenied)
}

func TestS3IsConfigured(t *testing.T) {
	for name, c := range map[string]S3Config{
		"no URL":   {Endpoint: "minio:9000", Access: "a", Secret: "s"},
		"a user":   {Endpoint: "https://user:hidden@minio", Access: "a", Secret: "s"},
		"no key":   {Endpoint: "https://minio", Secret: "hidden"},
		"no words": {Endpoint: "https://minio", Access: "a"},
	} {
		_, err := NewS3(c)
		require.Error(t, err, name)
		require.NotContains(t, err.Error(), "hidden", name)
	}
}
