package sqlite

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/rescue"
)

func TestAPanicBesideTheStreamEndsTheStreamAlone(t *testing.T) {
	st := &stream{watcher: &watcher{wake: make(chan struct{}, 1)}, pruner: newPruner(nil, "run")} // without a source, which makes it panic
	st.pruner.acknowledge(1)
	require.Eventually(t, func() bool { return st.pruner.fault.Err() != nil }, time.Minute, time.Millisecond)
	st.pruner.stop()
	_, err := st.next(context.Background())
	require.NotNil(t, rescue.In(err), "%v", err)
}
