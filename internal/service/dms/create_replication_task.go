package dms

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/settings"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// longestTaskName is what a ReplicationTaskIdentifier may have.
const longestTaskName = 255

func (s *Service) createTask(ctx context.Context, call *service.Call, in *dmsapi.CreateReplicationTaskMessage) (*dmsapi.CreateReplicationTaskResponse, error) {
	t, err := s.taskIn(call, in)
	if err != nil {
		return nil, err
	}
	if err := s.mayReach(ctx, value(in.SourceEndpointArn), value(in.TargetEndpointArn)); err != nil {
		return nil, err
	}
	var shown *dmsapi.ReplicationTask
	_, err = s.Store.Update(ctx, func(tx store.Tx) error {
		if err := s.placeTask(tx, t, in); err != nil {
			return err
		}
		if err := writeTask(tx, t); err != nil {
			return err
		}
		s.happened(tx, t.Created, sourceTask, t.Name, categoryCreation, "Replication task created.")
		shown, err = s.showTask(tx, t)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &dmsapi.CreateReplicationTaskResponse{ReplicationTask: shown}, nil
}

// taskIn reads what a call says by itself.
func (s *Service) taskIn(call *service.Call, in *dmsapi.CreateReplicationTaskMessage) (*Task, error) {
	t := &Task{
		Name: value(in.ReplicationTaskIdentifier), Status: taskCreating, MigrationType: value(in.MigrationType),
		Mappings: value(in.TableMappings), Data: value(in.TaskData), Created: call.Now.UTC(),
	}
	if err := checkName("ReplicationTaskIdentifier", t.Name, longestTaskName); err != nil {
		return nil, err
	}
	var err error
	if t.ID, err = idFor(in.ResourceIdentifier); err != nil {
		return nil, err
	}
	if t.Tags, err = tagsIn(in.Tags); err != nil {
		return nil, err
	}
	p := pointsOf(in.CdcStartTime, in.CdcStartPosition, in.CdcStopPosition)
	if err := p.check(t.MigrationType); err != nil {
		return nil, err
	}
	p.put(t)
	if err := checkMappings(t.Mappings); err != nil {
		return nil, err
	}
	document := value(in.ReplicationTaskSettings)
	if strings.TrimSpace(document) == "" {
		document = "{}"
	}
	read, err := completeSettings(settings.Defaults(), document, false) // there is no log to delete yet
	t.Settings, t.Chosen = read.complete, read.chosen
	return t, err
}

// placeTask finds what the task works with and takes its name.
func (s *Service) placeTask(tx store.Tx, t *Task, in *dmsapi.CreateReplicationTaskMessage) error {
	source, err := s.endOf(tx, value(in.SourceEndpointArn), "source")
	if err != nil {
		return err
	}
	target, err := s.endOf(tx, value(in.TargetEndpointArn), "target")
	if err != nil {
		return err
	}
	if err := tellsOfChanges(source, t.MigrationType); err != nil {
		return err
	}
	host, err := s.readyInstance(tx, value(in.ReplicationInstanceArn))
	if err != nil {
		return err
	}
	t.Source, t.Target, t.Instance = source.ID, target.ID, host.ID
	if _, err := tx.Get(tasks.keys() + t.ID); err == nil {
		return exists(s.arn(tasks, t.ID), "%s already exists: %s", tasks.noun, s.arn(tasks, t.ID))
	} else if !errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("look for task %s: %w", t.ID, err)
	}
	if err := s.claim(tx, tasks, t.Name, t.ID); err != nil {
		return err
	}
	if err := s.quota(tx, quotaTasks, 1); err != nil {
		return err
	}
	refer(tx, endpoints, t.Source, tasks, t.ID)
	refer(tx, endpoints, t.Target, tasks, t.ID)
	return s.joinInstance(tx, t, host.ID)
}

// endOf finds an endpoint that must be a source or a target.
func (s *Service) endOf(tx store.Tx, arn, want string) (*Endpoint, error) {
	e, err := byARN[Endpoint](s, tx, endpoints, arn)
	if err != nil {
		return nil, err
	}
	if e.Type != want {
		return nil, invalidValue("Endpoint %s is a %s endpoint; a %s endpoint is needed.", arn, e.Type, want)
	}
	if e.Status == taskDeleting {
		return nil, badState("Endpoint %s is being deleted.", arn)
	}
	return e, nil
}

// tellsOfChanges refuses a task whose source has been told of no changes to follow: it would load everything, and fail then.
// DMS demands CdcPath of an S3 source for them, unless its files are Parquet (AWS DMS user guide, "Using Amazon S3 as a source").
func tellsOfChanges(source *Endpoint, migrationType string) error {
	if source.Engine != "s3" || migrationType == fullLoad || source.Settings["CdcPath"] != "" || strings.EqualFold(source.Settings["DataFormat"], "parquet") {
		return nil
	}
	return invalidCombination("The migration type %s follows changes, and the source endpoint %s has no CdcPath, the folder with the files of changes: "+
		"name it (aws dms modify-endpoint --s3-settings CdcPath=FOLDER), or choose the migration type %s.", migrationType, source.Name, fullLoad)
}

// readyInstance finds an instance that must be available.
func (s *Service) readyInstance(tx store.Tx, arn string) (*Instance, error) {
	i, err := byARN[Instance](s, tx, instances, arn)
	if err != nil {
		return nil, err
	}
	if i.Status != instanceAvailable {
		return nil, badState("Replication Instance %s should be available, its status is %s.", i.Name, i.Status)
	}
	return i, nil
}

// joinInstance notes that an instance has the task, unless it has as many as it may.
func (s *Service) joinInstance(tx store.Tx, t *Task, id string) error {
	have, err := referrers(tx, instances, id, tasks)
	if err != nil {
		return fmt.Errorf("count the tasks of instance %s: %w", id, err)
	}
	if err := s.within(quotaInstanceTasks, int64(len(have)), 1); err != nil {
		return err
	}
	refer(tx, instances, id, tasks, t.ID)
	return nil
}
