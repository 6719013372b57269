package apply

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/task/fullload"
)

// Errors of values and errors of applying escalate each by their own setting.
func TestEscalation(t *testing.T) {
	p := Policy{
		Escalation: fullload.SuspendTable, EscalationCount: 2, DataEscalation: fullload.StopTask, DataEscalationCount: 3,
	}
	value := conflict{fullload.LogError, "DataErrorPolicy", errors.New("too long")}
	missing := conflict{fullload.LogError, "ApplyErrorUpdatePolicy", errors.New("no row")}
	require.NoError(t, p.decide(missing, 2))
	require.ErrorIs(t, p.decide(missing, 3), errSuspend)
	require.ErrorContains(t, p.decide(missing, 3), "ApplyErrorEscalationPolicy")
	require.NoError(t, p.decide(value, 3))
	require.ErrorIs(t, p.decide(value, 4), fullload.ErrStopped)
	require.NoError(t, Policy{}.decide(value, 1000), "a count of 0 never escalates")
}
