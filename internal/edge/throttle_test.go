package edge

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/service"
)

// TestChargesCount: what an operation charges is gone from the same bucket, and a full bucket is enough for any charge.
func TestChargesCount(t *testing.T) {
	by := func(name string) *service.Call {
		return &service.Call{Principal: &service.Principal{Kind: service.User, ARN: "arn:aws:iam::111122223333:user/" + name}}
	}
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	limit := newThrottle(Throttle{Rate: 1, Burst: 10})
	require.True(t, limit.charge(by("a"), 9, at))
	require.False(t, limit.charge(by("a"), 2, at))
	_, ok := limit.allow(by("a"), at)
	require.True(t, ok, "what is refused is not taken")
	_, ok = limit.allow(by("a"), at)
	require.False(t, ok)
	_, ok = limit.allow(by("b"), at)
	require.True(t, ok, "a bucket of another")
	require.True(t, limit.charge(by("b"), 1000, at))
	require.False(t, limit.charge(by("b"), 1, at))
	require.True(t, limit.charge(by("b"), 0, at))
	require.True(t, limit.charge(by("b"), 1000, at.Add(10*time.Second)))
	narrow := newThrottle(Throttle{Rate: 1, Burst: 1})
	_, ok = narrow.allow(by("a"), at)
	require.True(t, ok)
	require.True(t, narrow.charge(by("a"), 1000, at), "what is allowed at all is not refused for what it costs")
	require.True(t, newThrottle(Throttle{}).charge(by("a"), 1000, at), "no limit")
}

// TestSlowCallsFillNoBucket: the time of a call is that of its beginning, which may be long ago once its body is there.
func TestSlowCallsFillNoBucket(t *testing.T) {
	by := &service.Call{Principal: &service.Principal{Kind: service.User, ARN: "arn:aws:iam::111122223333:user/a"}}
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	limit := newThrottle(Throttle{Rate: 1, Burst: 10})
	require.True(t, limit.charge(by, 9, at))
	_, ok := limit.allow(by, at.Add(-20*time.Second))
	require.True(t, ok)
	_, ok = limit.allow(by, at)
	require.False(t, ok)
	_, ok = limit.allow(by, at.Add(time.Second))
	require.True(t, ok)
}
