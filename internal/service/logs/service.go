package logs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/logsapi"
	"github.com/whimbreldb/whimbrel/internal/logstore"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// Config is what the service works with.
type Config struct {
	Store *logstore.Store
	Log   *slog.Logger
}

// Service is CloudWatch Logs.
type Service struct {
	Config
	queries queries
	life    context.Context // of queries, which outlive the calls that begin them
	end     context.CancelFunc

	tails       atomic.Int64 // sessions that run
	tailedEvery time.Duration
	longestTail time.Duration
}

// New makes the service. Stop ends it.
func New(c Config) *Service {
	s := &Service{Config: c, tailedEvery: tailedEvery, longestTail: longestTail}
	s.life, s.end = context.WithCancel(context.Background())
	return s
}

// Stop ends the queries that run, and waits for them: the store may be closed after it.
func (s *Service) Stop() {
	s.end()
	s.queries.stop()
}

// API is the service as the edge serves it.
func (s *Service) API() (*service.Service, error) {
	made, err := service.New(&logsapi.Service,
		s.createLogGroup(), s.createLogStream(), s.deleteLogGroup(), s.deleteLogStream(), s.deleteRetentionPolicy(), s.describeLogGroups(),
		s.describeLogStreams(), s.describeQueries(), s.filterLogEvents(), s.getLogEvents(), s.getQueryResults(), s.listTagsForResource(),
		s.putLogEvents(), s.putRetentionPolicy(), s.startLiveTail(), s.startQuery(), s.stopQuery(), s.tagResource(), s.untagResource())
	if err != nil {
		return nil, fmt.Errorf("make CloudWatch Logs: %w", err)
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

func invalid(form string, args ...any) error {
	return logsapi.Service.NewError("InvalidParameterException", form, args...)
}

// fault makes what a caller is told of an error of the store.
func fault(err error) error {
	switch {
	case errors.Is(err, logstore.ErrNoGroup):
		return logsapi.Service.NewError("ResourceNotFoundException", "The specified log group does not exist.")
	case errors.Is(err, logstore.ErrNoStream):
		return logsapi.Service.NewError("ResourceNotFoundException", "The specified log stream does not exist.")
	}
	return err
}

// groupName reads a group's name, which may be given as its ARN.
func groupName(call *service.Call, name, identifier *string) (string, error) {
	if name != nil && identifier != nil {
		return "", invalid("logGroupName and logGroupIdentifier are mutually exclusive: give one of them.")
	}
	if name != nil {
		return *name, nil
	}
	if identifier == nil {
		return "", invalid("Either logGroupName or logGroupIdentifier is required.")
	}
	return nameOf(*identifier), ours(call, *identifier)
}

// ours refuses an identifier that is an ARN of something else than a group of this account and region. What is checked of a
// group is always the ARN that its name has here: another text for it would pass by a policy that denies it.
func ours(call *service.Call, identifier string) error {
	if name := nameOf(identifier); strings.HasPrefix(identifier, "arn:") && identifier != groupARN(call, name) && identifier != groupARN(call, name)+":*" {
		return invalid("%q is no ARN of a log group of this account and region; %s would be.", identifier, groupARN(call, "NAME"))
	}
	return nil
}

// taggedGroup is the name of the group that an ARN is of.
func taggedGroup(call *service.Call, arn string) (string, error) {
	if !strings.HasPrefix(arn, "arn:") {
		return "", invalid("%q is no ARN of a log group; %s would be.", arn, groupARN(call, "NAME"))
	}
	return nameOf(arn), ours(call, arn)
}

// onTagged is the check of operations on a group's tags; tags and names are those that the request brings.
func (s *Service) onTagged(ctx context.Context, call *service.Call, arn *string, tags map[string]string, names []string) []service.Check {
	checks := s.on(ctx, call, nameOf(deref(arn)), "")
	checks[0].Keys = service.RequestTagKeys(tags, names...)
	return checks
}

// nameOf is the name in a group's ARN, or the text itself.
func nameOf(identifier string) string {
	if !strings.HasPrefix(identifier, "arn:") {
		return identifier
	}
	parts := strings.SplitN(identifier, ":", 7)
	if len(parts) < 7 || parts[2] != "logs" || parts[5] != "log-group" {
		return identifier
	}
	name, _, _ := strings.Cut(parts[6], ":")
	return name
}

func groupARN(call *service.Call, name string) string { return call.ARN("log-group:" + name) }

// on is the check of an operation on a group, or on what the rest of its ARN names in it, with the group's tags: aws:ResourceTag
// (docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatchlogs.html). What is not there has none.
func (s *Service) on(ctx context.Context, call *service.Call, group, rest string) []service.Check {
	c := service.Check{Action: call.ActionName(), Resource: groupARN(call, group) + rest}
	g, err := s.Store.Group(ctx, group)
	switch {
	case err == nil:
		c.Tags = g.Tags
	case !errors.Is(err, logstore.ErrNoGroup):
		c.Unread = fmt.Errorf("read the tags of log group %s: %w", group, err)
	}
	return []service.Check{c}
}

// onGroup is the check of an operation on a whole group, on the resource that AWS names then.
func (s *Service) onGroup(ctx context.Context, call *service.Call, name string) []service.Check {
	return s.on(ctx, call, name, ":log-stream:")
}

func (s *Service) onStream(ctx context.Context, call *service.Call, group, stream string) []service.Check {
	return s.on(ctx, call, group, ":log-stream:"+stream)
}

// either is the access of operations on a group that is named in one of two ways.
func (s *Service) either(ctx context.Context, call *service.Call, name, identifier *string) []service.Check {
	group := deref(name)
	if name == nil {
		group = nameOf(deref(identifier))
	}
	return s.onGroup(ctx, call, group)
}
