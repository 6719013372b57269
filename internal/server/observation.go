package server

import (
	"context"
	"sync"

	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/logstore"
	"github.com/whimbreldb/whimbrel/internal/metric"
	"github.com/whimbreldb/whimbrel/internal/monitor"
	"github.com/whimbreldb/whimbrel/internal/service/cloudwatch"
	"github.com/whimbreldb/whimbrel/internal/service/logs"
)

// logsRole is the role in which DMS writes the logs of tasks.
const logsRole = "dms-cloudwatch-logs-role"

// openObservation opens what keeps metrics and logs. Both are of this machine, as the instances are.
func (s *Server) openObservation(life context.Context, p *parts) (err error) {
	if p.metrics, err = metric.Open(life, metric.Config{Dir: s.path("metrics"), MaxBytes: s.config.MetricsBytes, Log: s.log, Now: s.config.Now}); err != nil {
		return err
	}
	s.onStop(func(context.Context) error { return p.metrics.Close() })
	if p.logs, err = logstore.Open(life, logstore.Config{Dir: s.path("logs"), MaxBytes: s.config.LogsBytes, Log: s.log, Now: s.config.Now}); err != nil {
		return err
	}
	s.onStop(func(context.Context) error { return p.logs.Close() })
	p.logsAPI = logs.New(logs.Config{Store: p.logs, Log: s.log})
	s.onStop(func(context.Context) error { p.logsAPI.Stop(); return nil })
	p.watch = cloudwatch.New(cloudwatch.Config{
		Store: p.store, Topics: p.topics, Leads: p.dms.Leads, Metrics: p.metrics, Partition: s.cluster.Partition, Account: s.cluster.Account, Region: s.cluster.Region, Log: s.log, Now: s.config.Now,
	})
	p.monitor = monitor.New(monitor.Config{Inventory: p.dms, Host: p.host, Store: p.metrics, Log: s.log, Now: s.config.Now})
	return nil
}

// observe gathers metrics and logs until the context ends.
func (s *Server) observe(life context.Context, running *sync.WaitGroup, p *parts) {
	gather := monitor.NewLogs(monitor.LogConfig{Inventory: p.dms, Host: p.host, Store: p.logs, Permit: p.permitLogs, Log: s.log, Now: s.config.Now})
	running.Go(func() { p.metrics.Run(life) })
	running.Go(func() { p.logs.Run(life) })
	running.Go(func() { p.monitor.Run(life) })
	running.Go(func() { gather.Run(life) })
	running.Go(func() { p.watch.Run(life) })
}

// permitLogs answers why DMS may not write the log of a task, as AWS decides it: by a role that must be there, trust DMS
// and allow what writing takes.
func (p *parts) permitLogs(ctx context.Context, group, stream string) error {
	roles := identity.ServiceRoles{Directory: p.directory, Region: p.cluster.Region, Now: p.config.Now}
	log := "arn:" + p.cluster.Partition + ":logs:" + p.cluster.Region + ":" + p.cluster.Account + ":log-group:" + group
	return roles.Lets(ctx, "arn:"+p.cluster.Partition+":iam::"+p.cluster.Account+":role/"+logsRole, "dms.amazonaws.com",
		"arn:"+p.cluster.Partition+":dms:"+p.cluster.Region+":"+p.cluster.Account+":*", map[string][]string{
			"logs:CreateLogGroup": {log}, "logs:CreateLogStream": {log + ":log-stream:" + stream}, "logs:PutLogEvents": {log + ":log-stream:" + stream},
		})
}
