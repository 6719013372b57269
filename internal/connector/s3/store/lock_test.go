package store

import (
	"context"
	"errors"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/servertest"
)

func TestMain(m *testing.M) { servertest.Main(m) }

// lock takes a name, or is told that another holds it.
func lock(t *testing.T, by Store, key string) *Lock {
	t.Helper()
	l, err := by.(Locker).Lock(t.Context(), key)
	require.NoError(t, err)
	return l
}

func TestANameIsHeldByOne(t *testing.T) {
	dir, b := t.TempDir(), servertest.S3(t)
	for name, open := range map[string]func() Store{"folder": func() Store { return NewFolder(dir) }, "bucket": func() Store { return openBucket(b, usualPace) }} {
		t.Run(name, func(t *testing.T) {
			one, other := open(), open()
			held := lock(t, one, "control/claim")
			require.NotNil(t, held)
			require.Nil(t, lock(t, other, "control/claim"))
			another := lock(t, other, "control/another")
			require.NotNil(t, another)
			another.Release()
			require.False(t, held.Lost())
			held.Release()
			again := lock(t, other, "control/claim")
			require.NotNil(t, again)
			again.Release()
		})
	}
}

func openBucket(b *servertest.Bucket, p pace) *bucket {
	s := NewBucket(BucketConfig{Bucket: b.Name, Prefix: "x/", Region: "us-east-1", Endpoint: b.Endpoint, PathStyle: true, Credentials: credentials.NewStaticCredentialsProvider(b.Key, b.Secret, ""), Attempts: 2}).(*bucket)
	s.pace = p
	return s
}

// TestAHolderThatIsGone is followed at once on his own machine, and after the lease on another.
func TestAHolderThatIsGone(t *testing.T) {
	quick := pace{lease: 2 * time.Second, renew: time.Hour, watch: 50 * time.Millisecond}
	for _, here := range []bool{true, false} {
		b := servertest.S3(t)
		gone := &lease{bucket: openBucket(b, quick), key: "claim", claim: claim{Holder: "GONE"}}
		if here {
			gone.claim.Holder = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			gone.lockWitness()
		}
		require.NoError(t, gone.take(t.Context()))
		gone.forgetWitness(false) // what the end of a process does
		began := time.Now()
		held := lock(t, openBucket(b, quick), "claim")
		require.NotNil(t, held)
		if !here {
			require.GreaterOrEqual(t, time.Since(began), quick.lease)
		}
		if here {
			require.NoFileExists(t, gone.claim.path())
		}
		held.Release()
		_, there, err := openBucket(b, quick).Head(t.Context(), "claim")
		require.NoError(t, err)
		require.False(t, there)
	}
}

// TestAHolderShowsThatHeIsThere: he is not followed, however long it takes.
func TestAHolderShowsThatHeIsThere(t *testing.T) {
	b := servertest.S3(t)
	p := pace{lease: 10 * time.Second, renew: 50 * time.Millisecond, watch: 50 * time.Millisecond}
	held := lock(t, openBucket(b, p), "claim")
	require.NotNil(t, held)
	t.Setenv("TMPDIR", t.TempDir()) // as if on another machine
	for range 3 {
		require.Nil(t, lock(t, openBucket(b, p), "claim"))
	}
	require.False(t, held.Lost())
	held.Release()
}

// TestAHolderHearsThatHeIsFollowed when he was away for too long, or cannot reach the store.
func TestAHolderHearsThatHeIsFollowed(t *testing.T) {
	b := servertest.S3(t)
	p := pace{lease: 10 * time.Second, renew: 50 * time.Millisecond, watch: 50 * time.Millisecond}
	first, second := openBucket(b, p), openBucket(b, p)
	held := lock(t, first, "claim")
	require.NotNil(t, held)
	require.NoError(t, second.Put(t.Context(), "claim", []byte(`{"holder":"other"}`)))
	require.Eventually(t, held.Lost, 30*time.Second, 10*time.Millisecond)
	held.Release()
	_, there, err := second.Head(t.Context(), "claim")
	require.NoError(t, err)
	require.True(t, there, "the claim of another stays")

	p.lease = 200 * time.Millisecond
	held = lock(t, openBucket(b, p), "away")
	require.NotNil(t, held)
	_, err = second.client.DeleteObject(context.Background(), &s3.DeleteObjectInput{Bucket: &second.Bucket, Key: second.key("away")})
	require.NoError(t, err)
	require.Eventually(t, held.Lost, 30*time.Second, 10*time.Millisecond)
	held.Release()
}

// TestAHolderThatWasStopped finds that he is too late before anything tells him so, and takes nothing away from who has followed him.
func TestAHolderThatWasStopped(t *testing.T) {
	b := servertest.S3(t)
	stopped := pace{lease: 300 * time.Millisecond, renew: time.Hour, watch: time.Hour}
	held := lock(t, openBucket(b, stopped), "claim")
	require.NotNil(t, held)
	ctx, stop := held.While(t.Context())
	defer stop()
	select {
	case <-ctx.Done():
	case <-time.After(30 * time.Second):
	}
	require.ErrorIs(t, context.Cause(ctx), ErrLost, "what is under way goes on")
	require.True(t, held.Lost())

	other := openBucket(b, usualPace)
	require.NoError(t, other.Put(t.Context(), "claim", []byte(`{"holder":"other"}`)))
	held.Release()
	_, there, err := other.Head(t.Context(), "claim")
	require.NoError(t, err)
	require.True(t, there, "the claim of another is gone")
}

// lossy loses the answers to the first requests that write under a condition.
type lossy struct {
	http.RoundTripper
	losses  int
	written int
}

func (l *lossy) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := l.RoundTripper.RoundTrip(r)
	if err != nil || r.Method != http.MethodPut || answer.StatusCode != http.StatusOK {
		return answer, err
	}
	if l.written++; l.written > l.losses {
		return answer, nil
	}
	return nil, errors.Join(io.ErrUnexpectedEOF, answer.Body.Close())
}

// TestAClaimWhoseAnswerWasLostIsShownAnew: others have watched it since it was written, however long it took until that was known here.
func TestAClaimWhoseAnswerWasLostIsShownAnew(t *testing.T) {
	for _, taken := range []bool{false, true} {
		b := servertest.S3(t)
		mine := openBucket(b, pace{lease: 100 * time.Millisecond, renew: time.Hour, watch: 10 * time.Millisecond})
		l := &lossy{RoundTripper: mine.http.Transport, losses: 2}
		mine.http.Transport = l
		if taken {
			require.NoError(t, openBucket(b, usualPace).Put(t.Context(), "claim", []byte(`{"holder":"gone"}`)))
		}
		held := lock(t, mine, "claim")
		require.NotNil(t, held)
		require.Equal(t, 3, l.written, "the claim stands since its first writing, and is counted on since its last look")
		held.Release()
	}
}
