package serve_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// small puts a folder of a server's on a small disk.
func small(t *testing.T, dir string) { t.Helper(); sized(t, dir, "16m") }

// sized puts a folder on a disk of a size, as mount takes it.
func sized(t *testing.T, dir, size string) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("SKIPPED, NOT TESTED: a full disk needs a small file system, and only root may mount one")
	}
	if !mounted(t, dir, size) {
		t.Skip("SKIPPED, NOT TESTED: a full disk needs a small file system, and mounting one is not permitted here")
	}
}

// mounted is sized for a test that has more to do where none can be mounted, which it tells.
func mounted(t testing.TB, dir, size string) bool {
	t.Helper()
	require.NoError(t, os.MkdirAll(dir, 0o700))
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size="+size+",mode=700", "tmpfs", dir).CombinedOutput(); err != nil {
		t.Logf("NOT TESTED: a full disk needs a small file system, and mounting one is not permitted here: %s", out)
		return false
	}
	t.Cleanup(func() { _ = exec.Command("umount", "-l", dir).Run() })
	return true
}

// grows gives a disk that was mounted all the room it needs.
func grows(t testing.TB, dir string) {
	t.Helper()
	out, err := exec.Command("mount", "-o", "remount,size=256m", dir).CombinedOutput()
	require.NoError(t, err, string(out))
}

// fill takes all room that is left where a folder lies, and answers the file that has it.
func fill(t *testing.T, dir string) string {
	t.Helper()
	name := filepath.Join(dir, "filler")
	f, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	require.NoError(t, err)
	for piece := make([]byte, 4096); err == nil; {
		_, err = f.Write(piece)
	}
	require.ErrorIs(t, err, syscall.ENOSPC)
	_ = f.Close()
	return name
}

// TestMetricsAndLogsOnAFullDisk takes all room away from metrics and logs: the server refuses what it cannot keep and says why
// in its log, answers everything else, and keeps again what comes when there is room.
func TestMetricsAndLogsOnAFullDisk(t *testing.T) {
	t.Parallel()
	dir := shortDir(t)
	places := []string{filepath.Join(dir, "metrics"), filepath.Join(dir, "logs")}
	for _, place := range places {
		small(t, place)
	}
	s := start(t, dir, "--region", region, "--account", account, "--dms-roles")
	once := []string{"AWS_MAX_ATTEMPTS=1"}
	n := 0
	putMetric := func() error {
		n++
		_, err := s.aws(t, once, "cloudwatch", "put-metric-data", "--namespace", "shop", "--metric-name", fmt.Sprint("orders", n), "--value", "1")
		return err
	}
	putLog := func(message string) error {
		_, err := s.aws(t, once, "logs", "put-log-events", "--log-group-name", "shop", "--log-stream-name", "till", "--log-events",
			fmt.Sprintf(`[{"timestamp":%d,"message":"%s"}]`, time.Now().UnixMilli(), message))
		return err
	}
	events := func() (all []string) {
		for _, e := range s.must(t, "logs", "get-log-events", "--log-group-name", "shop", "--log-stream-name", "till")["events"].([]any) {
			all = append(all, e.(map[string]any)["message"].(string)[:4])
		}
		return all
	}
	s.must(t, "logs", "create-log-group", "--log-group-name", "shop")
	s.must(t, "logs", "create-log-stream", "--log-group-name", "shop", "--log-stream-name", "till")
	require.NoError(t, putMetric())
	require.NoError(t, putLog("kept"))
	s.must(t, "dms", "create-replication-instance", "--replication-instance-identifier", "box", "--replication-instance-class", "dms.t3.micro")
	measured := func() int {
		return len(s.must(t, "cloudwatch", "list-metrics", "--namespace", "AWS/DMS")["Metrics"].([]any))
	}
	require.Eventually(t, func() bool { return measured() > 0 }, patient, time.Second)

	var fillers []string
	for _, place := range places {
		fillers = append(fillers, fill(t, place))
	}
	require.Eventually(t, func() bool { return strings.Contains(s.log.String(), "metrics were not gathered") }, patient, 100*time.Millisecond, s.log)
	// What is written goes behind the file's end; room that is left within its last page takes a little first.
	long := strings.Repeat("lost ", 10_000)
	require.ErrorContains(t, putLog(long), "(InternalFailure)")
	require.ErrorContains(t, putMetric(), "(InternalFailure)")
	require.Contains(t, s.log.String(), "database or disk is full")
	s.must(t, "sts", "get-caller-identity")
	require.Equal(t, []string{"kept"}, events())
	require.Positive(t, measured())
	require.Len(t, s.must(t, "cloudwatch", "get-metric-statistics", "--namespace", "shop", "--metric-name", "orders1", "--statistics", "Sum", "--period", "60",
		"--start-time", time.Now().Add(-time.Hour).UTC().Format(time.RFC3339), "--end-time", time.Now().Add(time.Hour).UTC().Format(time.RFC3339))["Datapoints"], 1)

	for _, filler := range fillers {
		require.NoError(t, os.Remove(filler))
	}
	require.NoError(t, putMetric())
	require.NoError(t, putLog("more"))
	require.Equal(t, []string{"kept", "more"}, events())
	said := strings.Count(s.log.String(), "metrics were not gathered")
	latest := func() string {
		return fmt.Sprint(s.must(t, "cloudwatch", "get-metric-statistics", "--namespace", "AWS/DMS", "--metric-name", "CPUUtilization", "--dimensions", "Name=ReplicationInstanceIdentifier,Value=box",
			"--statistics", "SampleCount", "--period", "3600", "--start-time", time.Now().Add(-time.Hour).UTC().Format(time.RFC3339), "--end-time", time.Now().Add(time.Hour).UTC().Format(time.RFC3339))["Datapoints"])
	}
	before := latest()
	require.Eventually(t, func() bool { return latest() != before }, patient, time.Second, "values are gathered again")
	require.Equal(t, said, strings.Count(s.log.String(), "metrics were not gathered"))
	s.stop(t)
}
