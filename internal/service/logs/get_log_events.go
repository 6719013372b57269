package logs

import (
	"context"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/logsapi"
	"github.com/whimbreldb/whimbrel/internal/logstore"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// Bounds of one answer.
const (
	mostEvents = 10_000
	mostBytes  = 1 << 20
)

func (s *Service) getLogEvents() service.Operation {
	access := func(ctx context.Context, call *service.Call, in *logsapi.GetLogEventsRequest) ([]service.Check, error) {
		group := deref(in.LogGroupName)
		if in.LogGroupName == nil {
			group = nameOf(deref(in.LogGroupIdentifier))
		}
		return s.onStream(ctx, call, group, deref(in.LogStreamName)), nil
	}
	return service.Handle("GetLogEvents", access, func(ctx context.Context, call *service.Call, in *logsapi.GetLogEventsRequest) (*logsapi.GetLogEventsResponse, error) {
		group, err := groupName(call, in.LogGroupName, in.LogGroupIdentifier)
		if err != nil {
			return nil, err
		}
		stream, err := s.Store.Stream(ctx, group, *in.LogStreamName)
		if err != nil {
			return nil, fault(err)
		}
		from, till := times(in.StartTime, in.EndTime)
		limit := mostEvents
		if in.Limit != nil {
			limit = int(*in.Limit)
		}
		forward, at, err := direction(in)
		if err != nil {
			return nil, err
		}
		begin, end := from, till
		var found []logstore.Event
		if forward {
			if at != nil && begin.Before(*at) {
				begin = *at
			}
			end = begin
			found, err = s.forward(ctx, stream, begin, till, limit)
		} else {
			if at != nil && at.Before(end) {
				end = *at
			}
			begin = end
			found, err = s.Store.Last(ctx, stream, from, end, limit, mostBytes)
		}
		if err != nil {
			return nil, err
		}
		return showEvents(found, begin, end), nil
	})
}

// direction says which way to read, and from where on if a token tells.
func direction(in *logsapi.GetLogEventsRequest) (forward bool, at *logstore.Place, err error) {
	token := deref(in.NextToken)
	if token == "" {
		return deref(in.StartFromHead), nil, nil
	}
	kind, text, _ := strings.Cut(token, "/")
	text, _, _ = strings.Cut(text, "/")
	if kind != "f" && kind != "b" {
		return false, nil, invalid("The specified nextToken is invalid.")
	}
	p, err := placeOf(text)
	return kind == "f", &p, err
}

// forward reads events from a place on.
func (s *Service) forward(ctx context.Context, of *logstore.Stream, from, till logstore.Place, limit int) ([]logstore.Event, error) {
	var found []logstore.Event
	bytes := 0
	_, _, err := s.Store.Scan(ctx, &logstore.Scan{Streams: []logstore.Stream{*of}, From: from, Till: till, See: func(_ int, e *logstore.Event) bool {
		if bytes += len(e.Message); bytes > mostBytes && len(found) > 0 {
			return false
		}
		own := *e
		own.Message = append([]byte(nil), e.Message...)
		found = append(found, own)
		return len(found) < limit
	}})
	return found, err
}

// showEvents shows events with the tokens of what comes before and behind them; where nothing was found both stay where
// the reading was.
func showEvents(found []logstore.Event, begin, end logstore.Place) *logsapi.GetLogEventsResponse {
	out := &logsapi.GetLogEventsResponse{Events: []logsapi.OutputLogEvent{}}
	for i := range found {
		e := &found[i]
		out.Events = append(out.Events, logsapi.OutputLogEvent{Timestamp: &e.At, Message: new(string(e.Message)), IngestionTime: &e.Ingested})
	}
	if len(found) > 0 {
		last := found[len(found)-1].Place()
		begin, end = found[0].Place(), logstore.Place{At: last.At, Seq: last.Seq + 1}
	}
	out.NextBackwardToken, out.NextForwardToken = new("b/"+placeText(begin)+"/s"), new("f/"+placeText(end)+"/s")
	return out
}
