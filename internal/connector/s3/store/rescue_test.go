package store

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/rescue"
)

func TestAPanicOfAnUploadIsItsError(t *testing.T) {
	u := &upload{b: &bucket{}, ctx: t.Context(), id: "begun", fill: []byte("a part")} // a bucket without a client
	require.NoError(t, u.send())
	require.NotNil(t, rescue.In(u.wait()))
}

func TestAPanicOfARenewalLosesTheName(t *testing.T) {
	l := &lease{bucket: &bucket{pace: pace{lease: time.Hour}}, done: make(chan struct{})}
	now := time.Now()
	l.since.Store(&now)
	lock := &Lock{left: l.left, fault: l.fault.Err}
	require.False(t, lock.Lost())
	l.fault.Guard(func() { l.renew(t.Context()) })() // a bucket without a client
	require.True(t, lock.Lost())
	require.NotNil(t, rescue.In(lock.Fault()))
}
