package monitor

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestTheDiskIsMeasured: reads and writes by the second, the time of each, and none where nothing was read or the counters began anew.
func TestTheDiskIsMeasured(t *testing.T) {
	at := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	looked := func(after time.Duration, d deviceFigures) *look {
		return &look{at: at.Add(after), disk: &diskFigures{free: 5 << 30, device: &d}}
	}
	first := looked(0, deviceFigures{reads: 1000, writes: 2000, readMillis: 500, writeMillis: 700})
	values := func(now, before *look) map[string]float64 {
		all := map[string]float64{}
		for _, v := range diskValues(now, before) {
			all[v.Metric] = v.Value
		}
		return all
	}
	require.Equal(t, map[string]float64{"FreeStorageSpace": 5 << 30, "DiskQueueDepth": 0}, values(first, nil), "a rate needs two looks")
	require.Equal(t, map[string]float64{
		"FreeStorageSpace": 5 << 30, "DiskQueueDepth": 3, "ReadIOPS": 20, "WriteIOPS": 4, "ReadLatency": 2.5, "WriteLatency": 10,
	}, values(looked(10*time.Second, deviceFigures{reads: 1200, writes: 2040, readMillis: 1000, writeMillis: 1100, waiting: 3}), first))
	idle := map[string]float64{"FreeStorageSpace": 5 << 30, "DiskQueueDepth": 0, "ReadIOPS": 0, "WriteIOPS": 0, "ReadLatency": 0, "WriteLatency": 0}
	require.Equal(t, idle, values(looked(10*time.Second, *first.disk.device), first))
	require.Equal(t, idle, values(looked(10*time.Second, deviceFigures{reads: 1, writes: 1, readMillis: 1, writeMillis: 1}), first), "the machine was started anew")
	require.Equal(t, map[string]float64{"FreeStorageSpace": 7}, values(&look{at: at, disk: &diskFigures{free: 7}}, first), "a disk that tells nothing has no figures made up")
	require.Empty(t, values(&look{at: at}, first))

	units := map[string]string{}
	for _, v := range diskValues(looked(10*time.Second, *first.disk.device), first) {
		units[v.Metric] = v.Unit
	}
	require.Equal(t, map[string]string{
		"FreeStorageSpace": "Bytes", "DiskQueueDepth": "Count", "ReadIOPS": "Count/Second", "WriteIOPS": "Count/Second", "ReadLatency": "Milliseconds", "WriteLatency": "Milliseconds",
	}, units)
}
