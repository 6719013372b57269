package logs

import (
	"context"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/logsapi"
	"github.com/whimbreldb/whimbrel/internal/logstore"
	"github.com/whimbreldb/whimbrel/internal/logstore/pattern"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// Bounds of live tails: how many run at a time, what each is told at once and how often, and how long one may run. The
// numbers are AWS's, but for the bytes, of which AWS says nothing.
const (
	mostTails     = 15
	tailedAtOnce  = 500
	tailedBytes   = 1 << 20
	tailedEvery   = time.Second
	longestTail   = 3 * time.Hour
	standardClass = "STANDARD"
)

func (s *Service) startLiveTail() service.Operation {
	access := func(ctx context.Context, call *service.Call, in *logsapi.StartLiveTailRequest) ([]service.Check, error) {
		var checks []service.Check
		for _, id := range in.LogGroupIdentifiers {
			checks = append(checks, s.onGroup(ctx, call, nameOf(id))...)
		}
		if len(checks) == 0 {
			return call.OnAny(), nil
		}
		return checks, nil
	}
	return service.Handle("StartLiveTail", access, func(ctx context.Context, call *service.Call, in *logsapi.StartLiveTailRequest) (*logsapi.StartLiveTailResponse, error) {
		p, err := pattern.Parse(deref(in.LogEventFilterPattern))
		if err != nil {
			return nil, invalid("Invalid filter pattern: %v.", err)
		}
		groups, err := s.tailed(ctx, call, in)
		if err != nil {
			return nil, err
		}
		if s.tails.Add(1) > mostTails {
			s.tails.Add(-1)
			return nil, logsapi.Service.NewError("LimitExceededException", "%d Live Tail sessions run, which is as many as may: end one of them first.", mostTails)
		}
		t := &tail{in: in, groups: groups, id: uuid.NewString(), request: call.RequestID, tails: &s.tails, every: s.tailedEvery, longest: s.longestTail}
		t.watch = &logstore.Watch{Wants: t.wants, MostEvents: tailedAtOnce, MostBytes: tailedBytes}
		if !p.All() {
			t.watch.Match = p.Match
		}
		s.Store.Watch(t.watch) // from here on, so that nothing is missed that comes after the answer has begun
		call.Stream = t
		return &logsapi.StartLiveTailResponse{}, nil
	})
}

// tailed are the groups of a session, by their names.
func (s *Service) tailed(ctx context.Context, call *service.Call, in *logsapi.StartLiveTailRequest) (map[string]string, error) {
	switch {
	case len(in.LogStreamNames) > 0 && len(in.LogStreamNamePrefixes) > 0:
		return nil, invalid("logStreamNames and logStreamNamePrefixes are mutually exclusive: give one of them.")
	case len(in.LogStreamNames)+len(in.LogStreamNamePrefixes) > 0 && len(in.LogGroupIdentifiers) > 1:
		return nil, invalid("logStreamNames and logStreamNamePrefixes go with one log group, not with %d.", len(in.LogGroupIdentifiers))
	}
	groups := map[string]string{}
	for _, id := range in.LogGroupIdentifiers {
		name := nameOf(id)
		if id != groupARN(call, name) {
			return nil, invalid("%q is no ARN of a log group of this account and region, or ends with an asterisk; %s would be right.", id, groupARN(call, name))
		}
		if _, twice := groups[name]; twice {
			return nil, invalid("The log group %s is named twice in logGroupIdentifiers.", name)
		}
		g, err := s.Store.Group(ctx, name)
		if err != nil {
			return nil, fault(err)
		}
		if g.Class != standardClass {
			return nil, logsapi.Service.NewError("InvalidOperationException", "The log group %s is of class %s: Live Tail reads those of class %s.", name, g.Class, standardClass)
		}
		groups[name] = id
	}
	return groups, nil
}

// tail is a session: it tells what comes in while it lasts.
type tail struct {
	in             *logsapi.StartLiveTailRequest
	groups         map[string]string // ARNs by names
	id, request    string
	watch          *logstore.Watch
	tails          *atomic.Int64
	every, longest time.Duration
}

var _ service.Stream = (*tail)(nil)

// wants says which streams the session is about; those that come into being later belong to it too.
func (t *tail) wants(group, stream string) bool {
	if t.groups[group] == "" {
		return false
	}
	if prefixes := t.in.LogStreamNamePrefixes; len(prefixes) > 0 {
		return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(stream, p) })
	}
	return len(t.in.LogStreamNames) == 0 || slices.Contains(t.in.LogStreamNames, stream)
}

// Close implements service.Stream.
func (t *tail) Close() {
	t.watch.End()
	t.tails.Add(-1)
}

// Run implements service.Stream.
func (t *tail) Run(ctx context.Context, send service.Send) error {
	begin := &logsapi.LiveTailSessionStart{
		RequestId: &t.request, SessionId: &t.id, LogGroupIdentifiers: t.in.LogGroupIdentifiers, LogStreamNames: t.in.LogStreamNames,
		LogStreamNamePrefixes: t.in.LogStreamNamePrefixes, LogEventFilterPattern: new(deref(t.in.LogEventFilterPattern)),
	}
	if err := send("sessionStart", "LiveTailSessionStart", begin); err != nil {
		return err
	}
	tick := time.NewTicker(t.every)
	defer tick.Stop()
	over := time.NewTimer(t.longest)
	defer over.Stop()
	for {
		select {
		case <-ctx.Done():
			return logsapi.Service.NewError("SessionStreamingException", "The server is stopping. Begin another session when it is back.")
		case <-over.C:
			return logsapi.Service.NewError("SessionTimeoutException", "The session has lasted %v, which is as long as one may. Begin another.", t.longest)
		case <-tick.C:
		}
		if err := send("sessionUpdate", "LiveTailSessionUpdate", t.update()); err != nil {
			return err
		}
	}
}

// update is what has come since the one before, in the order in which it came.
func (t *tail) update() *logsapi.LiveTailSessionUpdate {
	events, sampled := t.watch.Take()
	out := &logsapi.LiveTailSessionUpdate{
		SessionMetadata: &logsapi.LiveTailSessionMetadata{Sampled: &sampled}, SessionResults: []logsapi.LiveTailSessionLogEvent{},
	}
	for i := range events {
		e := &events[i]
		out.SessionResults = append(out.SessionResults, logsapi.LiveTailSessionLogEvent{
			LogGroupIdentifier: new(t.groups[e.Group]), LogStreamName: &e.Stream, Message: &e.Message, Timestamp: &e.At, IngestionTime: &e.Ingested,
		})
	}
	return out
}
