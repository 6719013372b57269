package dms

import (
	"errors"
	"fmt"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// stopPrefix stands before the reason in StopReason.
const stopPrefix = "Stop Reason "

// showTask is a task as the API shows it.
func (s *Service) showTask(from getter, t *Task) (*dmsapi.ReplicationTask, error) {
	out := &dmsapi.ReplicationTask{
		ReplicationTaskArn:          new(s.arn(tasks, t.ID)),
		ReplicationTaskIdentifier:   &t.Name,
		ReplicationInstanceArn:      new(s.arn(instances, t.Instance)),
		SourceEndpointArn:           new(s.arn(endpoints, t.Source)),
		TargetEndpointArn:           new(s.arn(endpoints, t.Target)),
		MigrationType:               &t.MigrationType,
		TableMappings:               &t.Mappings,
		Status:                      &t.Status,
		CdcStartPosition:            some(t.StartPosition),
		CdcStopPosition:             some(t.StopPosition),
		LastFailureMessage:          some(t.lastFailure()),
		ReplicationTaskCreationDate: &t.Created,
		ReplicationTaskStartDate:    t.Started,
		TaskData:                    some(t.Data),
	}
	if t.StopReason != "" {
		out.StopReason = new(stopPrefix + t.StopReason)
	}
	if t.Status == taskMoving {
		out.TargetReplicationInstanceArn = new(s.arn(instances, t.MovingTo))
	}
	s.showProgress(out, t)
	var err error
	out.ReplicationTaskSettings, err = s.showSettings(from, t)
	return out, err
}

// What stands in a stored document where the log's names come; quotes of other values are escaped.
const (
	logsOn    = `"EnableLogging": true`
	noGroup   = `"CloudWatchLogGroup": null`
	noStream  = `"CloudWatchLogStream": null`
	logGroup  = `"CloudWatchLogGroup": "dms-tasks-`
	logStream = `"CloudWatchLogStream": "dms-task-`
)

// showSettings is the complete document with the names of the task's log, which cannot be chosen. It is our own writing:
// the names are put into the text, because many tasks are shown at once.
func (s *Service) showSettings(from getter, t *Task) (*string, error) {
	if !strings.Contains(t.Settings, logsOn) {
		return &t.Settings, nil
	}
	host, err := hostName(from, t)
	if err != nil || host == "" {
		return &t.Settings, err // an instance that is gone has no log
	}
	text := strings.Replace(t.Settings, noGroup, logGroup+host+`"`, 1)
	text = strings.Replace(text, noStream, logStream+t.ID+`"`, 1)
	return &text, nil
}

// hostName is the name of a task's instance; empty if that is gone.
func hostName(from getter, t *Task) (string, error) {
	item, err := from.Get(instances.keys() + t.Instance)
	if errors.Is(err, store.ErrNotFound) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read the instance of task %s: %w", t.ID, err)
	}
	host, err := store.Decoded[Instance](item)
	if err != nil {
		return "", err
	}
	return host.Name, nil
}

// showProgress fills what is known of a task that has been started.
func (s *Service) showProgress(out *dmsapi.ReplicationTask, t *Task) {
	if t.Started == nil {
		return
	}
	stats := &dmsapi.ReplicationTaskStats{
		FreshStartDate: t.FreshStart, StartDate: t.Started, FullLoadProgressPercent: new(int64), ElapsedTimeMillis: new(int64),
		TablesLoaded: new(int64), TablesLoading: new(int64), TablesQueued: new(int64), TablesErrored: new(int64),
	}
	out.ReplicationTaskStats = stats
	end := s.Now()
	if !t.active() {
		end = *t.Started // unless it is known when it ended
	}
	p := t.Progress // of one that has ended, the last
	if t.active() {
		p = s.live.progress(t)
	}
	if p != nil {
		stats.FullLoadProgressPercent, stats.FullLoadStartDate, stats.FullLoadFinishDate = &p.Percent, p.LoadStarted, p.LoadFinished
		stats.TablesLoaded, stats.TablesLoading, stats.TablesQueued, stats.TablesErrored = &p.Loaded, &p.Loading, &p.Queued, &p.Errored
		if p.Position != "" && t.follows() {
			out.RecoveryCheckpoint = new(checkpoint(p.Position))
		}
		if !t.active() && p.Ended != nil {
			stats.StopDate, end = p.Ended, *p.Ended
		}
	}
	stats.ElapsedTimeMillis = new(max(0, end.Sub(*t.Started).Milliseconds()))
}

// checkpoint is a position as CdcStartPosition takes it.
func checkpoint(position string) string { return "checkpoint:" + position }
