package logs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/logsapi"
	"github.com/whimbreldb/whimbrel/internal/logstore"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// tailHouse is a service with two groups.
type tailHouse struct {
	store *logstore.Store
	*Service
	api *service.Service
}

func openTails(t *testing.T) *tailHouse {
	t.Helper()
	st, err := logstore.Open(t.Context(), logstore.Config{Dir: t.TempDir(), Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	t.Cleanup(func() { _ = st.Close() })
	h := &tailHouse{store: st, Service: New(Config{Store: st, Log: slog.New(slog.DiscardHandler)})}
	t.Cleanup(h.Stop)
	h.tailedEvery = time.Millisecond
	h.api, err = h.API()
	require.NoError(t, err)
	for _, group := range []string{"one", "two"} {
		require.NoError(t, st.CreateGroup(t.Context(), logstore.Group{Name: group}))
		for _, stream := range []string{"a", "ab", "b"} {
			require.NoError(t, st.CreateStream(t.Context(), group, stream))
		}
	}
	return h
}

func tailARN(group string) string { return "arn:aws:logs:eu-central-1:123456789012:log-group:" + group }

func (h *tailHouse) begin(t *testing.T, in *logsapi.StartLiveTailRequest) (service.Stream, error) {
	t.Helper()
	call := &service.Call{Service: &logsapi.Service, Operation: logsapi.Service.Operation("StartLiveTail"), Partition: "aws", Account: "123456789012", Region: "eu-central-1", Now: time.Now()}
	_, err := h.api.Operation("StartLiveTail").Do(t.Context(), call, in)
	return call.Stream, err
}

func (h *tailHouse) put(t *testing.T, group, stream string, at int64, texts ...string) {
	t.Helper()
	lines := make([]logstore.Line, len(texts))
	for i, text := range texts {
		lines[i] = logstore.Line{At: at + int64(i), Message: text}
	}
	require.NoError(t, h.store.Append(t.Context(), group, stream, lines, nil))
}

// hear runs a session until it has told enough, and returns what it told.
func hear(t *testing.T, stream service.Stream, enough func(updates []*logsapi.LiveTailSessionUpdate) bool) (start *logsapi.LiveTailSessionStart, updates []*logsapi.LiveTailSessionUpdate) {
	t.Helper()
	errEnough := errors.New("enough")
	err := stream.Run(t.Context(), func(event, shape string, v any) error {
		switch event + " " + shape {
		case "sessionStart LiveTailSessionStart":
			start = v.(*logsapi.LiveTailSessionStart)
		case "sessionUpdate LiveTailSessionUpdate":
			if u := v.(*logsapi.LiveTailSessionUpdate); len(u.SessionResults) > 0 {
				updates = append(updates, u)
			}
			if enough(updates) {
				return errEnough
			}
		default:
			t.Errorf("an event %s of shape %s", event, shape)
		}
		return nil
	})
	require.ErrorIs(t, err, errEnough)
	require.NotNil(t, start)
	return start, updates
}

func told(updates []*logsapi.LiveTailSessionUpdate) (all []string) {
	for _, u := range updates {
		for _, e := range u.SessionResults {
			all = append(all, fmt.Sprintf("%s %s %d %s", strings.TrimPrefix(*e.LogGroupIdentifier, tailARN("")), *e.LogStreamName, *e.Timestamp, *e.Message))
		}
	}
	return all
}

// TestALiveTailTellsWhatComes: neither what was there before, nor other groups, streams and messages, and everything else in
// the order in which it came, whatever the times are.
func TestALiveTailTellsWhatComes(t *testing.T) {
	for name, c := range map[string]struct {
		in   logsapi.StartLiveTailRequest
		want []string
	}{
		"a group": {logsapi.StartLiveTailRequest{LogGroupIdentifiers: []string{tailARN("one")}}, []string{"one a 50 first", "one a 10 second wish", "one ab 20 third", "one b 21 fourth wish", "one late 60 fifth"}},
		"two groups": {logsapi.StartLiveTailRequest{LogGroupIdentifiers: []string{tailARN("one"), tailARN("two")}, LogEventFilterPattern: new("wish")},
			[]string{"one a 10 second wish", "one b 21 fourth wish", "two a 5 wish of two"}},
		"streams":  {logsapi.StartLiveTailRequest{LogGroupIdentifiers: []string{tailARN("one")}, LogStreamNames: []string{"ab", "late"}}, []string{"one ab 20 third", "one late 60 fifth"}},
		"prefixes": {logsapi.StartLiveTailRequest{LogGroupIdentifiers: []string{tailARN("one")}, LogStreamNamePrefixes: []string{"a"}}, []string{"one a 50 first", "one a 10 second wish", "one ab 20 third"}},
	} {
		t.Run(name, func(t *testing.T) {
			h := openTails(t)
			h.put(t, "one", "a", 40, "before wish")
			stream, err := h.begin(t, &c.in)
			require.NoError(t, err)
			defer stream.Close()
			h.put(t, "one", "a", 50, "first")
			h.put(t, "one", "a", 10, "second wish")
			h.put(t, "one", "ab", 20, "third")
			h.put(t, "one", "b", 21, "fourth wish")
			h.put(t, "two", "a", 5, "wish of two")
			require.NoError(t, h.store.CreateStream(t.Context(), "one", "late"))
			h.put(t, "one", "late", 60, "fifth")
			start, updates := hear(t, stream, func(u []*logsapi.LiveTailSessionUpdate) bool { return len(told(u)) >= len(c.want) })
			require.Equal(t, c.want, told(updates))
			require.Equal(t, c.in.LogGroupIdentifiers, start.LogGroupIdentifiers)
			require.Equal(t, c.in.LogStreamNames, start.LogStreamNames)
			require.NotEmpty(t, *start.SessionId)
			for _, u := range updates {
				require.False(t, *u.SessionMetadata.Sampled)
			}
		})
	}
}

// TestALiveTailOfTooMuchIsASample: of more than 500 events between two updates 500 are told, in their order, and the update
// says so; of the next ones nothing is missing again. Messages of more than a megabyte together are a sample as well.
func TestALiveTailOfTooMuchIsASample(t *testing.T) {
	h := openTails(t)
	stream, err := h.begin(t, &logsapi.StartLiveTailRequest{LogGroupIdentifiers: []string{tailARN("one")}})
	require.NoError(t, err)
	defer stream.Close()
	var texts []string
	for i := range 5000 {
		texts = append(texts, fmt.Sprintf("%04d", i))
	}
	h.put(t, "one", "a", 1, texts...)
	_, updates := hear(t, stream, func(u []*logsapi.LiveTailSessionUpdate) bool { return len(u) > 0 })
	require.True(t, *updates[0].SessionMetadata.Sampled)
	require.Len(t, updates[0].SessionResults, tailedAtOnce)
	late := 0
	for i, e := range updates[0].SessionResults {
		if i > 0 {
			require.Less(t, *updates[0].SessionResults[i-1].Message, *e.Message)
		}
		if *e.Message >= "2500" {
			late++
		}
	}
	require.InDelta(t, tailedAtOnce/2, late, 150, "the sample is of all of them") // 13 standard deviations
	h.put(t, "one", "a", 1, texts[:tailedAtOnce]...)
	_, updates = hear(t, stream, func(u []*logsapi.LiveTailSessionUpdate) bool { return len(u) > 0 })
	require.False(t, *updates[0].SessionMetadata.Sampled)
	require.Len(t, updates[0].SessionResults, tailedAtOnce)
	large := strings.Repeat("x", tailedBytes-100)
	h.put(t, "one", "a", 1, large, large, "y")
	_, updates = hear(t, stream, func(u []*logsapi.LiveTailSessionUpdate) bool { return len(u) > 0 })
	require.True(t, *updates[0].SessionMetadata.Sampled)
	require.Len(t, updates[0].SessionResults, 2)
}

// TestLiveTailsAreBounded in their number and in their time, and what they hold is let go of.
func TestLiveTailsAreBounded(t *testing.T) {
	h := openTails(t)
	in := &logsapi.StartLiveTailRequest{LogGroupIdentifiers: []string{tailARN("one")}}
	var all []service.Stream
	for range mostTails {
		stream, err := h.begin(t, in)
		require.NoError(t, err)
		all = append(all, stream)
	}
	_, err := h.begin(t, in)
	require.ErrorContains(t, err, "LimitExceededException")
	all[3].Close()
	h.longestTail = time.Millisecond
	stream, err := h.begin(t, in)
	require.NoError(t, err)
	err = stream.Run(t.Context(), func(string, string, any) error { return nil })
	require.ErrorContains(t, err, "SessionTimeoutException")
	stream.Close()
	ctx, end := context.WithCancel(t.Context())
	end()
	require.ErrorContains(t, all[0].Run(ctx, func(string, string, any) error { return nil }), "SessionStreamingException")
	for i, x := range all {
		if i != 3 {
			x.Close()
		}
	}
	require.Zero(t, h.tails.Load())
}

// TestWhatALiveTailCannotBe is refused with what would be right.
func TestWhatALiveTailCannotBe(t *testing.T) {
	h := openTails(t)
	require.NoError(t, h.store.CreateGroup(t.Context(), logstore.Group{Name: "rare", Class: "INFREQUENT_ACCESS"}))
	one := []string{tailARN("one")}
	for want, in := range map[string]*logsapi.StartLiveTailRequest{
		"log-group:one would be right":      {LogGroupIdentifiers: []string{"one"}},
		"or ends with an asterisk":          {LogGroupIdentifiers: []string{tailARN("one") + ":*"}},
		"named twice":                       {LogGroupIdentifiers: []string{tailARN("one"), tailARN("one")}},
		"mutually exclusive":                {LogGroupIdentifiers: one, LogStreamNames: []string{"a"}, LogStreamNamePrefixes: []string{"b"}},
		"go with one log group, not with 2": {LogGroupIdentifiers: []string{tailARN("one"), tailARN("two")}, LogStreamNames: []string{"a"}},
		"ResourceNotFoundException":         {LogGroupIdentifiers: []string{tailARN("none")}},
		"InvalidOperationException":         {LogGroupIdentifiers: []string{tailARN("rare")}},
		"Invalid filter pattern":            {LogGroupIdentifiers: one, LogEventFilterPattern: new("a.b")},
	} {
		stream, err := h.begin(t, in)
		require.ErrorContains(t, err, want)
		require.Nil(t, stream)
	}
	require.Zero(t, h.tails.Load())
}
