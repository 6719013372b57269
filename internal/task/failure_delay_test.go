package task

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/settings"
	"github.com/whimbreldb/whimbrel/internal/task/cdc"
)

// TestHowLongARowMustDiffer holds RecordFailureDelayInMinutes and RecordFailureDelayLimitInMinutes against the latency; that rows
// are then reported neither sooner nor much later is shown in package validate.
func TestHowLongARowMustDiffer(t *testing.T) {
	for name, c := range map[string]struct {
		document       string
		source, target time.Duration
		want           time.Duration
	}{
		"default":                  {`{}`, 0, 0, 5 * time.Minute},
		"the setting":              {`{"RecordFailureDelayInMinutes":7}`, time.Minute, 0, 7 * time.Minute},
		"none":                     {`{"RecordFailureDelayInMinutes":0}`, 0, 0, 0},
		"the target is behind":     {`{"RecordFailureDelayInMinutes":7}`, time.Minute, time.Hour, time.Hour},
		"the source is behind":     {`{"RecordFailureDelayInMinutes":0}`, 90 * time.Second, time.Second, 90 * time.Second},
		"the limit is shorter":     {`{"RecordFailureDelayInMinutes":7,"RecordFailureDelayLimitInMinutes":2}`, 0, time.Hour, 2 * time.Minute},
		"the limit is longer":      {`{"RecordFailureDelayLimitInMinutes":30}`, 0, 0, 30 * time.Minute},
		"a limit of 0 leaves that": {`{"RecordFailureDelayLimitInMinutes":0}`, 0, 6 * time.Minute, 6 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := settings.Parse([]byte(`{"ValidationSettings":` + c.document + `}`))
			require.NoError(t, err)
			require.Equal(t, c.want, failureDelay(&s.ValidationSettings, cdc.Counts{SourceLatency: c.source, TargetLatency: c.target}))
		})
	}
}
