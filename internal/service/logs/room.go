package logs

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/logsapi"
)

// How many there may be, in all groups together: empty ones take room as well, and what they take is taken from the oldest
// events. Those of the server's own tasks are made whatever there is. CloudWatch Logs has 1,000,000 groups and no bound for streams.
const (
	mostGroups  = 10_000
	mostStreams = 100_000
)

func (s *Service) roomForGroup(ctx context.Context) error {
	have, err := s.Store.CountGroups(ctx)
	if err != nil {
		return err
	}
	return room(have, mostGroups, "log groups")
}

func (s *Service) roomForStream(ctx context.Context) error {
	have, err := s.Store.CountStreams(ctx)
	if err != nil {
		return err
	}
	return room(have, mostStreams, "log streams")
}

func room(have, most int, what string) error {
	if have >= most {
		return logsapi.Service.NewError("LimitExceededException", "There are %d %s, which is as many as may be: delete some first.", have, what)
	}
	return nil
}
