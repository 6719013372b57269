package cloudwatch

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/cloudwatchapi"
	"github.com/whimbreldb/whimbrel/internal/metric"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// Config is what the service works with.
type Config struct {
	Metrics   *metric.Store
	Partition string
	Account   string
	Region    string
	Log       *slog.Logger
	Now       func() time.Time
}

// Service is CloudWatch.
type Service struct{ Config }

// New makes the service.
func New(c Config) *Service {
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Service{c}
}

// API is the service as the edge serves it.
func (s *Service) API() (*service.Service, error) {
	made, err := service.New(&cloudwatchapi.Service,
		s.getMetricData(), s.getMetricStatistics(), s.listMetrics(), s.putMetricData())
	if err != nil {
		return nil, fmt.Errorf("make CloudWatch: %w", err)
	}
	return made, nil
}

func deref[T any](p *T) T {
	var zero T
	if p == nil {
		return zero
	}
	return *p
}
