package serve_test

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/stretchr/testify/require"
)

// TestACallUnderWayIsAnswered asks a server to stop that has half of a call: it says so to those who watch over it, answers the call, and ends.
func TestACallUnderWayIsAnswered(t *testing.T) {
	t.Parallel()
	s := first(t)
	trusted := s.http(t).Transport.(*http.Transport).TLSClientConfig.Clone()
	trusted.NextProtos = []string{"http/1.1"}
	conn, err := tls.Dial("tcp", strings.TrimPrefix(s.url, "https://"), trusted)
	require.NoError(t, err)
	defer conn.Close()
	require.NoError(t, conn.SetDeadline(time.Now().Add(patient)))
	call := s.whoAmI(t)
	const rest = 10
	_, err = conn.Write(call[:len(call)-rest])
	require.NoError(t, err)
	answers := bufio.NewReader(conn)
	begun, err := http.ReadResponse(answers, nil)
	require.NoError(t, err)
	require.NoError(t, begun.Body.Close())
	require.Equal(t, http.StatusContinue, begun.StatusCode, "the call is under way")

	require.NoError(t, s.cmd.Process.Signal(syscall.SIGTERM))
	watch := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patient}
	for said := ""; said != "stopping"; { // an error in between would mean that nobody can ask any more
		answer, err := watch.Get(s.admin + "/readyz")
		require.NoError(t, err)
		text, err := io.ReadAll(answer.Body)
		require.NoError(t, err)
		require.NoError(t, answer.Body.Close())
		said = strings.TrimSpace(string(text))
		require.Equal(t, said == "stopping", answer.StatusCode == http.StatusServiceUnavailable)
	}
	select {
	case <-s.ended:
		t.Fatal("the server ended with a call under way")
	default:
	}

	_, err = conn.Write(call[len(call)-rest:])
	require.NoError(t, err)
	answer, err := http.ReadResponse(answers, nil)
	require.NoError(t, err)
	defer answer.Body.Close()
	said, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, answer.StatusCode, string(said))
	require.Contains(t, string(said), admin)
	select {
	case <-s.ended:
	case <-time.After(patient):
		t.Fatal("the server did not stop")
	}
}

// whoAmI is a signed GetCallerIdentity as it goes over the wire; that its head was read is answered.
func (s *server) whoAmI(t *testing.T) []byte {
	t.Helper()
	const body = "Action=GetCallerIdentity&Version=2011-06-15"
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/", strings.NewReader(body))
	require.NoError(t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Expect", "100-continue") // which is answered once the body is waited for
	who, err := s.sdk(t).Credentials.Retrieve(t.Context())
	require.NoError(t, err)
	digest := sha256.Sum256([]byte(body))
	require.NoError(t, v4.NewSigner().SignHTTP(t.Context(), who, r, hex.EncodeToString(digest[:]), "sts", region, time.Now()))
	var wire bytes.Buffer
	require.NoError(t, r.Write(&wire))
	return wire.Bytes()
}
