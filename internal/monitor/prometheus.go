package monitor

import (
	"strings"

	"github.com/prometheus/client_golang/prometheus"
)

var _ prometheus.Collector = (*Monitor)(nil)

// suffixes are how Prometheus ends the names of units, and by what values are multiplied to be in base units.
var suffixes = map[string]struct {
	name string
	by   float64
}{
	percent: {"_percent", 1}, bytesUnit: {"_bytes", 1}, count: {"", 1}, countPerSecond: {"_per_second", 1}, bytesPerSecond: {"_bytes_per_second", 1},
	kilobytesPerSecond: {"_bytes_per_second", kilo}, milliseconds: {"_seconds", 0.001}, seconds: {"_seconds", 1}, megabytes: {"_bytes", mega},
}

// Describe implements prometheus.Collector: what there is depends on the instances.
func (m *Monitor) Describe(chan<- *prometheus.Desc) {}

// Collect implements prometheus.Collector with the values of the last ten seconds.
func (m *Monitor) Collect(out chan<- prometheus.Metric) {
	for _, v := range m.Latest() {
		unit := suffixes[v.Unit]
		name, labels, values := "whimbrel_instance_", []string{"instance"}, []string{v.Instance}
		if v.Task != "" {
			name, labels, values = "whimbrel_task_", append(labels, "task"), append(values, v.Task)
		}
		desc := prometheus.NewDesc(name+snake(v.Metric)+unit.name, "CloudWatch's "+v.Metric+" of the last ten seconds.", labels, nil)
		if metric, err := prometheus.NewConstMetric(desc, prometheus.GaugeValue, v.Value*unit.by, values...); err == nil {
			out <- metric
		}
	}
}

// snake writes a name of CloudWatch as Prometheus does: cdc_latency_source.
func snake(name string) string {
	var b strings.Builder
	upper := func(i int) bool { return i < len(name) && name[i] >= 'A' && name[i] <= 'Z' }
	for i := range len(name) {
		if i > 0 && upper(i) && (!upper(i-1) || i+1 < len(name) && !upper(i+1)) {
			b.WriteByte('_')
		}
		b.WriteByte(name[i] | 0x20)
	}
	return b.String()
}
