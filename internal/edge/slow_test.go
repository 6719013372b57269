package edge_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/whimbreldb/whimbrel/internal/edge"
)

// stuck is a body that has given all it has but its end, until it is closed.
type stuck struct {
	io.Reader
	end context.Context
	io.Closer
}

func newStuck(size int) stuck {
	end, cancel := context.WithCancel(context.Background())
	return stuck{bytes.NewReader(make([]byte, size)), end, closer(cancel)}
}

type closer func()

func (c closer) Close() error {
	c()
	return nil
}

func (s stuck) Read(p []byte) (int, error) {
	n, err := s.Reader.Read(p)
	if errors.Is(err, io.EOF) {
		<-s.end.Done()
	}
	return n, err
}

// TestStrangersBodiesAreBounded: one address that keeps large bodies open fills its share of the memory and no more; those who name a key
// that exists go on, and all room comes back.
func TestStrangersBodiesAreBounded(t *testing.T) {
	h := open(t, nil)
	const size = 3 << 20
	stranger := func() *http.Request {
		r, err := http.NewRequest(http.MethodPost, h.url, newStuck(size))
		require.NoError(t, err)
		r.ContentLength = size + 1
		r.Header = h.signed(t, "Encrypt", "", func(r *http.Request) { r.Header.Set("Test-Key", "AKIANOBODYNOBODYNOBO") }).Header
		return r
	}
	ctx, end := context.WithCancel(t.Context())
	defer end()
	var strangers sync.WaitGroup
	for range edge.RoomOfSource / size {
		r := stranger().WithContext(ctx)
		strangers.Go(func() {
			if answer, err := h.http.Do(r); err == nil {
				_ = answer.Body.Close()
			}
		})
	}
	require.Eventually(t, func() bool { return h.edge.Held() > edge.RoomOfSource/size*size }, patient, time.Millisecond)
	status, body, _ := h.do(t, stranger())
	require.Equal(t, http.StatusServiceUnavailable, status)
	require.Contains(t, body, "ServiceUnavailable")
	require.LessOrEqual(t, h.edge.Held(), edge.RoomOfSource)

	// Its field is longer than the model allows, but it is not turned away.
	status, body, _ = h.do(t, h.signed(t, "EnableKey", `{"KeyId":"`+strings.Repeat("x", size)+`"}`, nil))
	require.Equal(t, 400, status)
	require.Contains(t, body, "ValidationException")
	require.Zero(t, h.edge.HeldOfKnown())
	end()
	strangers.Wait()
	require.Eventually(t, func() bool { return h.edge.Held() == 0 }, patient, time.Millisecond)
}

// TestWithoutASignatureLittleIsRead: what needs none is small, and what does is refused by its head.
func TestWithoutASignatureLittleIsRead(t *testing.T) {
	h := open(t, nil)
	for kind, want := range map[string]string{"application/x-www-form-urlencoded": "RequestEntityTooLarge", "application/x-amz-json-1.1": "MissingAuthenticationToken"} {
		r, err := http.NewRequest(http.MethodPost, h.url, newStuck(1<<20))
		require.NoError(t, err)
		r.ContentLength = 2 << 20
		r.Header.Set("Content-Type", kind)
		_, body, _ := h.do(t, r)
		require.Contains(t, body, want)
		require.Zero(t, h.edge.Held())
	}
}

// limit is how long requests and answers of slow clients may take in these tests.
const limit = 2 * time.Second

// well proves that the server answers another client in time.
func (h *house) well(t *testing.T) {
	t.Helper()
	began := time.Now()
	status, body, _ := h.do(t, h.signed(t, "Encrypt", `{"KeyId":"k","Plaintext":"aA=="}`, nil))
	require.Equal(t, 200, status, body)
	require.Less(t, time.Since(began), patient/3)
}

func (h *house) dial(t *testing.T, protocol string) *tls.Conn {
	t.Helper()
	c := h.tls.Clone()
	c.NextProtos = []string{protocol}
	conn, err := tls.Dial("tcp", strings.TrimPrefix(h.url, "https://"), c)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	require.NoError(t, conn.SetDeadline(time.Now().Add(patient)))
	return conn
}

// head writes a request's head as HTTP/1.1 has it.
func head(r *http.Request, length int) string {
	var text strings.Builder
	fmt.Fprintf(&text, "POST / HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\n", r.URL.Host, length)
	_ = r.Header.Write(&text)
	return text.String() + "\r\n"
}

// TestASlowBodyIsDropped: a body that does not come to its end in time is answered so, and the connection ends.
func TestASlowBodyIsDropped(t *testing.T) {
	h := openWithin(t, limit, nil)
	conn := h.dial(t, "http/1.1")
	_, err := io.WriteString(conn, head(h.signed(t, "Encrypt", "", nil), 100)+"{")
	require.NoError(t, err)
	h.well(t)
	answer, err := io.ReadAll(conn)
	require.NotErrorIs(t, err, os.ErrDeadlineExceeded, "the server kept waiting")
	if len(answer) > 0 {
		require.Contains(t, string(answer), "408")
		require.Contains(t, string(answer), "RequestTimeoutException")
	}
	require.Eventually(t, func() bool { return h.edge.Held() == 0 }, patient, time.Millisecond)
}

// TestASlowReaderIsDropped: who does not take an answer that fills all buffers is given up.
func TestASlowReaderIsDropped(t *testing.T) {
	h := openWithin(t, limit, nil)
	conn := h.dial(t, "http/1.1")
	r := h.signed(t, "EnableKey", `{"KeyId":"huge"}`, nil)
	_, err := io.WriteString(conn, head(r, len(`{"KeyId":"huge"}`))+`{"KeyId":"huge"}`)
	require.NoError(t, err)
	h.well(t)
	<-time.After(2 * limit)
	answer, err := io.ReadAll(bufio.NewReader(conn))
	require.NotErrorIs(t, err, os.ErrDeadlineExceeded)
	require.Less(t, len(answer), hugeAnswer, "the server waited for its reader")
}

// frames is a client of HTTP/2 that does as it likes.
type frames struct {
	*http2.Framer
	encoder *hpack.Encoder
	block   bytes.Buffer
	stream  uint32
}

func (h *house) frames(t *testing.T, settings ...http2.Setting) *frames {
	t.Helper()
	conn := h.dial(t, "h2")
	_, err := io.WriteString(conn, http2.ClientPreface)
	require.NoError(t, err)
	f := &frames{Framer: http2.NewFramer(conn, conn)}
	f.encoder = hpack.NewEncoder(&f.block)
	require.NoError(t, f.WriteSettings(settings...))
	return f
}

// begin sends a request's head.
func (f *frames) begin(r *http.Request, ends bool) (stream uint32, err error) {
	f.block.Reset()
	field := func(name, value string) {
		_ = f.encoder.WriteField(hpack.HeaderField{Name: name, Value: value}) // to memory
	}
	field(":method", "POST")
	field(":scheme", "https")
	field(":authority", r.URL.Host)
	field(":path", "/")
	for name, values := range r.Header {
		field(strings.ToLower(name), values[0])
	}
	stream = 2*f.stream + 1
	f.stream++
	return stream, f.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: f.block.Bytes(), EndHeaders: true, EndStream: ends})
}

// ended reads frames until so many streams are over, or the connection is.
func (f *frames) ended(want int) (int, error) {
	over := map[uint32]bool{}
	for len(over) < want {
		frame, err := f.ReadFrame()
		if err != nil {
			return len(over), err
		}
		switch frame := frame.(type) {
		case *http2.RSTStreamFrame:
			over[frame.StreamID] = true
		case *http2.HeadersFrame:
			if frame.StreamEnded() {
				over[frame.StreamID] = true
			}
		case *http2.DataFrame:
			if frame.StreamEnded() {
				over[frame.StreamID] = true
			}
		case *http2.GoAwayFrame:
			return len(over), nil
		}
	}
	return len(over), nil
}

// TestSlowStreamsAreDropped: bodies of as many streams as there may be, none of which comes to its end.
func TestSlowStreamsAreDropped(t *testing.T) {
	h := openWithin(t, limit, nil)
	f := h.frames(t)
	r := h.signed(t, "Encrypt", "", nil)
	const streams = 128
	for range streams {
		stream, err := f.begin(r, false)
		require.NoError(t, err)
		require.NoError(t, f.WriteData(stream, false, []byte("{")))
	}
	h.well(t)
	over, err := f.ended(streams)
	require.NoError(t, err)
	require.Equal(t, streams, over, "streams are kept")
	require.Eventually(t, func() bool { return h.edge.Held() == 0 }, patient, time.Millisecond)
	h.well(t)
}

// TestAWindowThatNeverOpens: a client that lets the server send nothing of its answers loses them.
func TestAWindowThatNeverOpens(t *testing.T) {
	h := openWithin(t, limit, nil)
	f := h.frames(t, http2.Setting{ID: http2.SettingInitialWindowSize, Val: 0})
	const streams = 100
	for range streams {
		_, err := f.begin(h.signed(t, "Encrypt", "", nil), true)
		require.NoError(t, err)
	}
	h.well(t)
	over, err := f.ended(streams)
	require.NoError(t, err)
	require.Equal(t, streams, over, "answers are kept that nobody takes")
	h.well(t)
}

// TestRapidReset: requests that are taken back as fast as they are made (CVE-2023-44487) end with their connection or are served as any
// others; nobody else waits for it, and no more is under way than streams may be.
func TestRapidReset(t *testing.T) {
	h := open(t, nil)
	var attackers sync.WaitGroup
	for range 4 {
		f := h.frames(t)
		r := h.signed(t, "Encrypt", "", nil)
		attackers.Go(func() { // what it is told goes unread until the server has enough
			for range 20_000 {
				stream, err := f.begin(r, true)
				if err != nil || f.WriteRSTStream(stream, http2.ErrCodeCancel) != nil {
					return
				}
			}
		})
	}
	for range 20 {
		h.well(t)
	}
	attackers.Wait()
	h.well(t)
}
