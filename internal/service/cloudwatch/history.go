package cloudwatch

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/cloudwatchapi"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// momentKey ends the keys of what happens; they sort by time.
func momentKey(at time.Time) string {
	var raw [4]byte
	_, _ = rand.Read(raw[:]) // never fails
	return fmt.Sprintf("%020d-%x", at.UnixNano(), raw)
}

// note writes into an alarm's history, in the transaction of what happened.
func note(tx store.Tx, at time.Time, alarm, kind, summary string, data any) error {
	raw, err := json.Marshal(data)
	if err != nil {
		return fmt.Errorf("encode an alarm's history: %w", err)
	}
	at = at.UTC()
	return store.Write(tx, historyKeys+alarm+"/"+momentKey(at), cloudwatchapi.AlarmHistoryItem{
		AlarmName: &alarm, AlarmType: new("MetricAlarm"), HistoryItemType: &kind, HistorySummary: &summary, HistoryData: new(string(raw)), Timestamp: &at,
	})
}

// describedAtOnce is how many alarms or items one answer shows.
const describedAtOnce = 100

func (s *Service) describeAlarmHistory() service.Operation {
	access := func(_ context.Context, call *service.Call, in *cloudwatchapi.DescribeAlarmHistoryInput) ([]service.Check, error) {
		if in.AlarmName == nil {
			return onAlarms(call, "*"), nil
		}
		return onAlarms(call, *in.AlarmName), nil
	}
	return service.Handle("DescribeAlarmHistory", access, func(ctx context.Context, _ *service.Call, in *cloudwatchapi.DescribeAlarmHistoryInput) (*cloudwatchapi.DescribeAlarmHistoryOutput, error) {
		prefix := historyKeys
		if in.AlarmName != nil {
			prefix += *in.AlarmName + "/"
		}
		page, err := s.Store.List(ctx, store.Range{Prefix: prefix})
		if err != nil {
			return nil, fmt.Errorf("list the history of alarms: %w", err)
		}
		var all []cloudwatchapi.AlarmHistoryItem
		for _, item := range page.Items {
			var h cloudwatchapi.AlarmHistoryItem
			if err := item.Decode(&h); err != nil {
				return nil, err
			}
			if in.AlarmName != nil && *h.AlarmName != *in.AlarmName || in.HistoryItemType != nil && *in.HistoryItemType != *h.HistoryItemType ||
				in.StartDate != nil && h.Timestamp.Before(*in.StartDate) || in.EndDate != nil && h.Timestamp.After(*in.EndDate) {
				continue
			}
			all = append(all, h)
		}
		sign := -1 // the newest first
		if deref(in.ScanBy) == "TimestampAscending" {
			sign = 1
		}
		slices.SortStableFunc(all, func(a, b cloudwatchapi.AlarmHistoryItem) int { return sign * a.Timestamp.Compare(*b.Timestamp) })
		some, token, err := pageOfAll(all, in.NextToken, in.MaxRecords)
		return &cloudwatchapi.DescribeAlarmHistoryOutput{AlarmHistoryItems: some, NextToken: token}, err
	})
}

// pageOfAll cuts a page out of a list.
func pageOfAll[T any](all []T, token *string, most *int64) (some []T, next *string, err error) {
	skip, err := pageToken(token)
	if err != nil || skip > len(all) {
		return nil, nil, badToken()
	}
	limit := describedAtOnce
	if most != nil {
		limit = int(*most)
	}
	all = all[skip:]
	if len(all) > limit {
		return all[:limit], new(tokenOf(skip + limit)), nil
	}
	return append([]T{}, all...), nil, nil
}

// trimHistory forgets what is old, and the oldest of too much of one alarm.
func (s *Service) trimHistory(ctx context.Context) error {
	page, err := s.Store.List(ctx, store.Range{Prefix: historyKeys})
	if err != nil {
		return fmt.Errorf("list the history of alarms: %w", err)
	}
	var gone []string
	count := map[string]int{}
	for _, item := range slices.Backward(page.Items) {
		var h cloudwatchapi.AlarmHistoryItem
		if err := item.Decode(&h); err != nil {
			return err
		}
		name := deref(h.AlarmName)
		if count[name]++; count[name] > mostHistory || s.Now().Sub(deref(h.Timestamp)) > historyKept {
			gone = append(gone, item.Key)
		}
	}
	slices.SortFunc(gone, cmp.Compare[string])
	for part := range slices.Chunk(gone, 500) {
		if _, err := s.Store.Update(ctx, func(tx store.Tx) error {
			for _, key := range part {
				tx.Delete(key)
			}
			return nil
		}); err != nil {
			return fmt.Errorf("trim the history of alarms: %w", err)
		}
	}
	return nil
}
