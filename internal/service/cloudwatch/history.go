package cloudwatch

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
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

// happening is the key of an item of a history, and what it says by itself.
type happening struct {
	key, alarm, moment string
	at                 time.Time
}

func happeningOf(key string) (happening, bool) {
	rest := strings.TrimPrefix(key, historyKeys)
	cut := strings.LastIndexByte(rest, '/')
	if cut < 0 {
		return happening{}, false
	}
	h := happening{key: key, alarm: rest[:cut], moment: rest[cut+1:]}
	digits, _, _ := strings.Cut(h.moment, "-")
	n, err := strconv.ParseInt(digits, 10, 64)
	h.at = time.Unix(0, n)
	return h, err == nil
}

// happenings are those whose keys a list has, of one alarm or of all: the name of an alarm may begin with another's and a /.
func happenings(page *store.Page, alarm *string) []happening {
	var all []happening
	for i := range page.Items {
		if h, ok := happeningOf(page.Items[i].Key); ok && (alarm == nil || h.alarm == *alarm) {
			all = append(all, h)
		}
	}
	return all
}

// note writes into an alarm's history, in the transaction of what happened, and forgets the oldest of too much.
func note(tx store.Tx, at time.Time, alarm, alarmType, kind, summary string, data any) error {
	raw, err := json.Marshal(data)
	if err != nil {
		return fmt.Errorf("encode an alarm's history: %w", err)
	}
	page, err := tx.List(store.Range{Prefix: historyKeys + alarm + "/", KeysOnly: true})
	if err != nil {
		return fmt.Errorf("list the history of alarm %s: %w", alarm, err)
	}
	have := happenings(&page, &alarm)
	for _, h := range have[:max(len(have)-mostHistory+1, 0)] {
		tx.Delete(h.key)
	}
	at = at.UTC()
	return store.Write(tx, historyKeys+alarm+"/"+momentKey(at), cloudwatchapi.AlarmHistoryItem{
		AlarmName: &alarm, AlarmType: &alarmType, HistoryItemType: &kind, HistorySummary: &summary, HistoryData: new(string(raw)), Timestamp: &at,
	})
}

// describedAtOnce is how many alarms or items one answer shows; lookedAtOnce how many items one looks at, where some are of
// another type than was asked for.
const (
	describedAtOnce = 100
	lookedAtOnce    = 1000
)

func (s *Service) describeAlarmHistory() service.Operation {
	access := func(ctx context.Context, call *service.Call, in *cloudwatchapi.DescribeAlarmHistoryInput) ([]service.Check, error) {
		if in.AlarmName == nil {
			return s.onAlarms(ctx, call, "*"), nil
		}
		return s.onAlarms(ctx, call, *in.AlarmName), nil
	}
	return service.Handle("DescribeAlarmHistory", access, func(ctx context.Context, _ *service.Call, in *cloudwatchapi.DescribeAlarmHistoryInput) (*cloudwatchapi.DescribeAlarmHistoryOutput, error) {
		if in.AlarmContributorId != nil {
			return nil, validation("Alarms have no contributors here: leave AlarmContributorId out.")
		}
		all, err := s.happened(ctx, in)
		if err != nil {
			return nil, err
		}
		limit := describedAtOnce
		if in.MaxRecords != nil {
			limit = int(*in.MaxRecords)
		}
		out := &cloudwatchapi.DescribeAlarmHistoryOutput{AlarmHistoryItems: []cloudwatchapi.AlarmHistoryItem{}}
		for n, of := range all {
			if len(out.AlarmHistoryItems) == limit || n == lookedAtOnce {
				out.NextToken = new(tokenOfName(all[n-1].moment + "/" + all[n-1].alarm))
				break
			}
			item, err := s.Store.Get(ctx, of.key)
			if errors.Is(err, store.ErrNotFound) {
				continue // it was forgotten meanwhile
			}
			if err != nil {
				return nil, fmt.Errorf("read the history of alarm %s: %w", of.alarm, err)
			}
			var h cloudwatchapi.AlarmHistoryItem
			if err := item.Decode(&h); err != nil {
				return nil, err
			}
			if (in.HistoryItemType == nil || *in.HistoryItemType == *h.HistoryItemType) && (len(in.AlarmTypes) == 0 || slices.Contains(in.AlarmTypes, *h.AlarmType)) {
				out.AlarmHistoryItems = append(out.AlarmHistoryItems, h)
			}
		}
		return out, nil
	})
}

// happened finds the items of a request by their keys alone, in its order, behind those that were shown before.
func (s *Service) happened(ctx context.Context, in *cloudwatchapi.DescribeAlarmHistoryInput) ([]happening, error) {
	shown, err := nameToken(in.NextToken)
	if err != nil {
		return nil, badToken()
	}
	prefix := historyKeys
	if in.AlarmName != nil {
		prefix += *in.AlarmName + "/"
	}
	page, err := s.Store.List(ctx, store.Range{Prefix: prefix, KeysOnly: true})
	if err != nil {
		return nil, fmt.Errorf("list the history of alarms: %w", err)
	}
	sign := -1 // the newest first
	if deref(in.ScanBy) == "TimestampAscending" {
		sign = 1
	}
	place := func(h happening) string { return h.moment + "/" + h.alarm }
	all := slices.DeleteFunc(happenings(&page, in.AlarmName), func(h happening) bool {
		return in.StartDate != nil && h.at.Before(*in.StartDate) || in.EndDate != nil && h.at.After(*in.EndDate) ||
			shown != "" && sign*cmp.Compare(place(h), shown) <= 0
	})
	slices.SortFunc(all, func(a, b happening) int { return sign * cmp.Compare(place(a), place(b)) })
	return all, nil
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

// trimHistory forgets what is old, and the oldest of too much of one alarm or of all.
func (s *Service) trimHistory(ctx context.Context) error {
	page, err := s.Store.List(ctx, store.Range{Prefix: historyKeys, KeysOnly: true})
	if err != nil {
		return fmt.Errorf("list the history of alarms: %w", err)
	}
	all := happenings(&page, nil)
	slices.SortFunc(all, func(a, b happening) int { return cmp.Compare(b.moment, a.moment) }) // the newest first
	var gone []string
	count := map[string]int{}
	for n, h := range all {
		if count[h.alarm]++; count[h.alarm] > mostHistory || n >= mostHistoryOfAll || s.Now().Sub(h.at) > historyKept {
			gone = append(gone, h.key)
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
