package cloudwatch

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/cloudwatchapi"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// Prefix is that of all records of this package.
const (
	Prefix      = "cloudwatch/"
	alarmKeys   = Prefix + "alarm/"
	historyKeys = Prefix + "history/" // + alarm + "/" + moment
	actionKeys  = Prefix + "action/"  // + moment of the next attempt
	waitingKeys = Prefix + "waiting/" // + topic: how many of its actions there are
)

// The states of alarms.
const (
	stateOK      = "OK"
	stateAlarm   = "ALARM"
	stateUnknown = "INSUFFICIENT_DATA"
)

// An Alarm is what is kept of one.
type Alarm struct {
	cloudwatchapi.MetricAlarm
	Rule *string           `json:",omitempty"` // of a composite alarm; it has no metric then
	Tags map[string]string `json:",omitempty"`
}

func alarmKey(name string) string { return alarmKeys + name }

func (s *Service) alarmARN(name string) string {
	return "arn:" + s.Partition + ":cloudwatch:" + s.Region + ":" + s.Account + ":alarm:" + name
}

// onAlarms is the check of an operation on alarms by their names, with the tags that each has.
func (s *Service) onAlarms(ctx context.Context, call *service.Call, names ...string) []service.Check {
	arns := make([]string, len(names))
	for i, n := range names {
		arns[i] = call.ARN("alarm:" + n)
	}
	checks := call.On(arns...)
	for i, n := range names {
		checks[i].Tags, checks[i].Unread = s.alarmTags(ctx, n)
	}
	return checks
}

// alarmTags reads the tags of an alarm; none if it is not there, which the operation will say.
func (s *Service) alarmTags(ctx context.Context, name string) (map[string]string, error) {
	a, err := s.alarm(ctx, name)
	if err != nil {
		return nil, service.Trouble(err)
	}
	return a.Tags, nil
}

// onPut is the check of an operation that makes or changes an alarm, with the keys that AWS gives to it
// (docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatch.html). Whoever makes one with tags needs the right
// to give it some (API reference, PutMetricAlarm, Tags); one that is there keeps its own, whatever is sent.
func (s *Service) onPut(ctx context.Context, call *service.Call, name string, tags []cloudwatchapi.Tag, actions ...[]string) []service.Check {
	checks := s.onAlarms(ctx, call, name)
	sent := requestTags(tags)
	keys := service.RequestTagKeys(sent)
	if all := slices.Concat(actions...); len(all) > 0 {
		keys = maps.Clone(keys)
		if keys == nil {
			keys = map[string][]string{}
		}
		keys["cloudwatch:AlarmActions"] = all
	}
	checks[0].Keys = keys
	if len(sent) == 0 {
		return checks
	}
	return append(checks, service.Check{
		Action: call.Service.ActionPrefix + ":TagResource", Resource: checks[0].Resource, Tags: checks[0].Tags, Unread: checks[0].Unread, Keys: service.RequestTagKeys(sent),
	})
}

// requestTags are the tags that a request brings, whatever they are.
func requestTags(tags []cloudwatchapi.Tag) map[string]string {
	all := make(map[string]string, len(tags))
	for _, t := range tags {
		all[deref(t.Key)] = deref(t.Value)
	}
	return all
}

// alarms lists all of them, in the order of their names.
func (s *Service) alarms(ctx context.Context) ([]Alarm, error) {
	page, err := s.Store.List(ctx, store.Range{Prefix: alarmKeys})
	if err != nil {
		return nil, fmt.Errorf("list the alarms: %w", err)
	}
	return alarmsOf(page)
}

// alarmsIn lists all of them, as a transaction sees them.
func alarmsIn(tx store.Tx) ([]Alarm, error) {
	page, err := tx.List(store.Range{Prefix: alarmKeys})
	if err != nil {
		return nil, fmt.Errorf("list the alarms: %w", err)
	}
	return alarmsOf(page)
}

func alarmsOf(page store.Page) ([]Alarm, error) {
	all := make([]Alarm, len(page.Items))
	for i, item := range page.Items {
		if err := item.Decode(&all[i]); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// alarm reads one.
func (s *Service) alarm(ctx context.Context, name string) (*Alarm, error) {
	item, err := s.Store.Get(ctx, alarmKey(name))
	if errors.Is(err, store.ErrNotFound) {
		return nil, noAlarm(name)
	}
	if err != nil {
		return nil, fmt.Errorf("read alarm %s: %w", name, err)
	}
	var a Alarm
	return &a, item.Decode(&a)
}

// changeAlarm changes an alarm that is there.
func (s *Service) changeAlarm(ctx context.Context, name string, change func(tx store.Tx, a *Alarm) error) error {
	_, err := s.Store.Update(ctx, func(tx store.Tx) error {
		a, err := store.Read[Alarm](tx, alarmKey(name))
		if errors.Is(err, store.ErrNotFound) {
			return noAlarm(name)
		}
		if err != nil {
			return err
		}
		if err := change(tx, &a); err != nil {
			return err
		}
		return store.Write(tx, alarmKey(name), a)
	})
	return err
}

// What is kept of an alarm's history.
const (
	historyKept = 14 * 24 * time.Hour
	mostHistory = 1000 // of one alarm
	// mostHistoryOfAll bounds what is kept of all alarms together: those that were deleted have a history too, and names are
	// without end.
	mostHistoryOfAll = 100_000
)

// The kinds of what happens to alarms.
const (
	historyConfiguration = "ConfigurationUpdate"
	historyState         = "StateUpdate"
	historyAction        = "Action"
)
