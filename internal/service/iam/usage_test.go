package iam

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
	"github.com/whimbreldb/whimbrel/internal/store/etcd/etcdtest"
)

// TestUsesOutliveAWriteThatFails flushes while the store is away: every use is written by the next turn, the newest of each.
func TestUsesOutliveAWriteThatFails(t *testing.T) {
	s := etcdtest.Private(t)
	u := NewUsage(s)
	use := func(key string, at int64) {
		u.Seen(&service.Principal{AccessKeyID: key}, "dms", "us-east-1", time.Unix(at, 0))
	}
	for _, key := range []string{"one", "two", "three"} {
		use(key, 1)
	}
	away, leave := context.WithCancel(t.Context())
	leave()
	require.Error(t, u.Flush(away))
	use("two", 2)
	require.NoError(t, u.Flush(t.Context()))
	for key, at := range map[string]int64{"one": 1, "two": 2, "three": 1} {
		last, err := store.Read[lastUse](reader{t.Context(), s}, usageRecords+keyUse+key)
		require.NoError(t, err, key)
		require.Equal(t, at, last.At.Unix(), key)
	}
}
