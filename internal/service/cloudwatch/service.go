package cloudwatch

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/cloudwatchapi"
	"github.com/whimbreldb/whimbrel/internal/metric"
	"github.com/whimbreldb/whimbrel/internal/notify"
	"github.com/whimbreldb/whimbrel/internal/quiet"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// Config is what the service works with.
type Config struct {
	Store     store.Store
	Metrics   *metric.Store
	Topics    notify.Topics // where alarms are told of
	Partition string
	Account   string
	Region    string
	// Leads says that alarms are evaluated here: one server of several does.
	Leads func() bool
	Log   *slog.Logger
	Now   func() time.Time
}

// Service is CloudWatch.
type Service struct {
	Config
	quiet quiet.Log
}

// New makes the service.
func New(c Config) *Service {
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Service{Config: c}
}

// API is the service as the edge serves it.
func (s *Service) API() (*service.Service, error) {
	made, err := service.New(&cloudwatchapi.Service,
		s.deleteAlarms(), s.deleteDashboards(), s.describeAlarmHistory(), s.describeAlarms(), s.describeAlarmsForMetric(),
		s.disableAlarmActions(), s.enableAlarmActions(), s.getDashboard(), s.getMetricData(), s.getMetricStatistics(), s.getMetricWidgetImage(),
		s.listDashboards(), s.listMetrics(), s.listTagsForResource(), s.putCompositeAlarm(), s.putDashboard(), s.putMetricAlarm(), s.putMetricData(), s.setAlarmState(),
		s.tagResource(), s.untagResource())
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
