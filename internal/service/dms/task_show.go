package dms

import (
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
		LastFailureMessage:          some(t.Failure),
		ReplicationTaskCreationDate: &t.Created,
		ReplicationTaskStartDate:    t.Started,
		TaskData:                    some(t.Data),
	}
	if t.StopReason != "" {
		out.StopReason = new(stopPrefix + t.StopReason)
	}
	if t.MovingTo != "" {
		out.TargetReplicationInstanceArn = new(s.arn(instances, t.MovingTo))
	}
	s.showProgress(out, t)
	var err error
	out.ReplicationTaskSettings, err = s.showSettings(from, t)
	return out, err
}

// showSettings is the complete document with the names of the task's log, which cannot be chosen.
func (s *Service) showSettings(from getter, t *Task) (*string, error) {
	read, err := t.storedSettings()
	if err != nil {
		return nil, err
	}
	if !read.Logging.EnableLogging {
		return &t.Settings, nil
	}
	host, err := store.Read[Instance](from, instances.keys()+t.Instance)
	if err != nil {
		return &t.Settings, nil //nolint:nilerr // an instance that is gone has no log
	}
	read.Logging.CloudWatchLogGroup = new("dms-tasks-" + host.Name)
	read.Logging.CloudWatchLogStream = new("dms-task-" + t.ID)
	text, err := written(read)
	return &text, err
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
	if p := s.live.progress(t); p != nil {
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
