package cloudtrail

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/edge/wire"
)

func TestTwoLookUpsASecond(t *testing.T) {
	turns := newTurns()
	for range burst {
		end, err := turns.take(at(0))
		require.NoError(t, err)
		end()
	}
	refused(t, turns, at(0))
	for range perSecond {
		end, err := turns.take(at(1))
		require.NoError(t, err)
		end()
	}
	refused(t, turns, at(1))
}

func TestFewLookUpsAtOnce(t *testing.T) {
	turns := newTurns()
	var ends []func()
	for range atOnce {
		end, err := turns.take(at(0))
		require.NoError(t, err)
		ends = append(ends, end)
	}
	refused(t, turns, at(0))
	ends[0]()
	_, err := turns.take(at(0))
	require.NoError(t, err)
}

func refused(t *testing.T, turns *turns, now time.Time) {
	t.Helper()
	_, err := turns.take(now)
	var e *wire.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, "ThrottlingException", e.Code)
}
