package logs

import (
	"context"
	"time"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/logsapi"
	"github.com/whimbreldb/whimbrel/internal/logstore"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// What one call may put: the bytes of its messages and what is counted beside each, and how far its times may reach.
const (
	mostPut      = 1 << 20
	beside       = 26
	longestBatch = 24 * time.Hour
	oldestEvent  = 14 * 24 * time.Hour
	newestEvent  = 2 * time.Hour
)

func (s *Service) putLogEvents() service.Operation {
	access := func(ctx context.Context, call *service.Call, in *logsapi.PutLogEventsRequest) ([]service.Check, error) {
		return s.onStream(ctx, call, deref(in.LogGroupName), deref(in.LogStreamName)), nil
	}
	return service.Handle("PutLogEvents", access, func(ctx context.Context, call *service.Call, in *logsapi.PutLogEventsRequest) (*logsapi.PutLogEventsResponse, error) {
		if err := checkBatch(in.LogEvents); err != nil {
			return nil, err
		}
		g, err := s.Store.Group(ctx, *in.LogGroupName)
		if err != nil {
			return nil, fault(err)
		}
		lines, rejected := timely(in.LogEvents, call.Now, g.Days)
		if err := s.Store.Append(ctx, *in.LogGroupName, *in.LogStreamName, lines, nil); err != nil {
			return nil, fault(err)
		}
		next := placeText(logstore.Place{At: call.Now.UnixMilli()})
		out := &logsapi.PutLogEventsResponse{NextSequenceToken: &next, RejectedLogEventsInfo: rejected}
		if in.Entity != nil { // no group here keeps entities; the events are kept all the same (API reference, PutLogEvents)
			out.RejectedEntityInfo = &logsapi.RejectedEntityInfo{ErrorType: new("UnsupportedLogGroupType")}
		}
		return out, nil
	})
}

func checkBatch(events []logsapi.InputLogEvent) error {
	bytes := 0
	for i := range events {
		bytes += len(*events[i].Message) + beside
		if i > 0 && *events[i].Timestamp < *events[i-1].Timestamp {
			return invalid("Log events in a single PutLogEvents request must be in chronological order.")
		}
	}
	if bytes > mostPut {
		return invalid("Upload too large: %d bytes exceeds limit of %d", bytes, mostPut)
	}
	if *events[len(events)-1].Timestamp-*events[0].Timestamp > longestBatch.Milliseconds() {
		return invalid("The batch of log events in a single PutLogEvents request cannot span more than 24 hours.")
	}
	return nil
}

// timely are the events that are neither too old nor too far ahead; the others are told by their places.
func timely(events []logsapi.InputLogEvent, now time.Time, days int) ([]logstore.Line, *logsapi.RejectedLogEventsInfo) {
	var lines []logstore.Line
	var rejected logsapi.RejectedLogEventsInfo
	for i := range events {
		at := time.UnixMilli(*events[i].Timestamp)
		switch {
		case days > 0 && at.Before(now.AddDate(0, 0, -days)):
			rejected.ExpiredLogEventEndIndex = new(int64(i + 1))
		case at.Before(now.Add(-oldestEvent)):
			rejected.TooOldLogEventEndIndex = new(int64(i + 1))
		case at.After(now.Add(newestEvent)):
			if rejected.TooNewLogEventStartIndex == nil {
				rejected.TooNewLogEventStartIndex = new(int64(i))
			}
		default:
			lines = append(lines, logstore.Line{At: *events[i].Timestamp, Message: *events[i].Message})
		}
	}
	if rejected == (logsapi.RejectedLogEventsInfo{}) {
		return lines, nil
	}
	return lines, &rejected
}
