package worker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/whimbreldb/whimbrel/internal/instance/socket"
)

// Usage implements socket.Server.
func (w *Worker) Usage(context.Context) (u socket.Usage, err error) {
	r := prometheus.NewRegistry()
	if err := r.Register(collectors.NewProcessCollector(collectors.ProcessCollectorOpts{})); err != nil {
		return u, fmt.Errorf("measure the process: %w", err)
	}
	families, err := r.Gather()
	if err != nil {
		return u, fmt.Errorf("measure the process: %w", err)
	}
	found := 0
	for _, f := range families {
		switch f.GetName() {
		case "process_cpu_seconds_total":
			u.CPU = time.Duration(f.GetMetric()[0].GetCounter().GetValue() * float64(time.Second))
			found++
		case "process_resident_memory_bytes":
			u.Memory = int64(f.GetMetric()[0].GetGauge().GetValue())
			found++
		}
	}
	if found < 2 {
		return u, errors.New("measure the process: this system does not tell")
	}
	return u, nil
}
