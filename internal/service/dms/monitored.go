package dms

import (
	"context"
	"fmt"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/instance"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// monitored is what is asked of a task every few seconds, without its settings, which are kilobytes of text.
type monitored struct {
	instance.MonitoredTask
	instance string // its ID
}

func monitoredOf(item store.Item) (monitored, error) {
	var t Task
	if err := item.Decode(&t); err != nil {
		return monitored{}, err
	}
	return monitored{instance.MonitoredTask{ID: t.ID, Name: t.Name, Logs: strings.Contains(t.Settings, logsOn)}, t.Instance}, nil
}

// Monitored lists the instances, each with its tasks.
func (s *Service) Monitored(ctx context.Context) ([]instance.Monitored, error) {
	from := s.Reads
	if from == nil {
		from = s.Store
	}
	hosts, err := from.List(ctx, store.Range{Prefix: instances.keys()})
	if err != nil {
		return nil, fmt.Errorf("list the replication instances: %w", err)
	}
	all := make([]instance.Monitored, 0, len(hosts.Items))
	place := map[string]int{}
	for _, item := range hosts.Items {
		i, err := store.Decoded[Instance](item)
		if err != nil {
			return nil, err
		}
		place[i.ID] = len(all)
		all = append(all, instance.Monitored{ID: i.ID, Name: i.Name})
	}
	own, err := from.List(ctx, store.Range{Prefix: tasks.keys()})
	if err != nil {
		return nil, fmt.Errorf("list the replication tasks: %w", err)
	}
	for _, item := range own.Items {
		t, err := store.Memo(item, monitoredOf)
		if err != nil {
			return nil, err
		}
		if at, ok := place[t.instance]; ok {
			all[at].Tasks = append(all[at].Tasks, t.MonitoredTask)
		}
	}
	return all, nil
}

// Leads says that the instances, and so what is measured of them, are on this server.
func (s *Service) Leads() bool { return s.leads.Load() }
