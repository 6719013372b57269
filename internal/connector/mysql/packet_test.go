package mysql

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// TestTargetOfSmallPackets: a server that would end every session amid its rows is no target, and the message says what makes it one.
func TestTargetOfSmallPackets(t *testing.T) {
	t.Parallel()
	d := servertest.PrivateMariaDB(t, "max_allowed_packet=512K")
	_, err := openTarget(t.Context(), connector.Config{URL: d.URL})
	require.ErrorContains(t, err, "524288 bytes at once (max_allowed_packet)")
	var told *connector.Error
	require.ErrorAs(t, err, &told)
	require.Equal(t, "SET GLOBAL max_allowed_packet = 67108864", told.Remedy)
}
