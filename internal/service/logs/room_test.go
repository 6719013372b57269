package logs

import (
	"database/sql"
	"log/slog"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/logsapi"
	"github.com/whimbreldb/whimbrel/internal/logstore"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// TestThereIsRoomForSoMany makes one more stream, and one more group, than there may be: empty ones must not push out events.
func TestThereIsRoomForSoMany(t *testing.T) {
	dir := t.TempDir()
	st, err := logstore.Open(t.Context(), logstore.Config{Dir: dir, Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	t.Cleanup(func() { _ = st.Close() })
	s := New(Config{Store: st, Log: slog.New(slog.DiscardHandler)})
	t.Cleanup(s.Stop)
	api, err := s.API()
	require.NoError(t, err)
	call := func(name string, in any) error {
		_, err := api.Operation(name).Do(t.Context(), &service.Call{Service: &logsapi.Service, Operation: logsapi.Service.Operation(name)}, in)
		return err
	}
	file, err := sql.Open("sqlite", filepath.Join(dir, "logs.db"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = file.Close() })
	const numbers = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) "

	stream := func(name string) error {
		return call("CreateLogStream", &logsapi.CreateLogStreamRequest{LogGroupName: new("a"), LogStreamName: &name})
	}
	require.NoError(t, st.CreateGroup(t.Context(), logstore.Group{Name: "a"}))
	_, err = file.ExecContext(t.Context(), numbers+"INSERT INTO log_stream (log_group, name, made) SELECT 1, 's' || i, 0 FROM n", mostStreams-1)
	require.NoError(t, err)
	require.NoError(t, stream("last"))
	require.ErrorContains(t, stream("more"), "There are 100000 log streams")
	require.NoError(t, st.DeleteStream(t.Context(), "a", "last"))
	require.NoError(t, stream("more"))

	group := func(name string) error {
		return call("CreateLogGroup", &logsapi.CreateLogGroupRequest{LogGroupName: &name})
	}
	_, err = file.ExecContext(t.Context(), numbers+"INSERT INTO log_group (name, made) SELECT 'g' || i, 0 FROM n", mostGroups-2)
	require.NoError(t, err)
	require.NoError(t, group("last"))
	require.ErrorContains(t, group("more"), "LimitExceededException")
	require.ErrorContains(t, group("more"), "There are 10000 log groups")
}
