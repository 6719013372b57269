package cdc

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/rescue"
)

func TestAPanicOfTheWatchEndsTheApplying(t *testing.T) {
	f := &follower{}
	f.Silence, f.Probe = time.Millisecond, func(context.Context) error { panic("the probe is mad") }
	p := &pipe{follower: f}
	p.busy.Store(1)
	applying, release := context.WithCancelCause(t.Context())
	defer release(nil)
	defer p.watch(applying, release)()
	<-applying.Done()
	require.NotNil(t, rescue.In(context.Cause(applying)))
}
