package dms

import (
	"context"
	"strings"
	"time"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

func (s *Service) modifyTask(ctx context.Context, call *service.Call, in *dmsapi.ModifyReplicationTaskMessage) (*dmsapi.ModifyReplicationTaskResponse, error) {
	if err := s.usableKeys(ctx, value(in.ReplicationTaskArn)); err != nil {
		return nil, err
	}
	shown, err := s.changeTask(ctx, value(in.ReplicationTaskArn), func(tx store.Tx, t *Task) error {
		switch {
		case t.resting():
			return s.modifyResting(tx, t, in, call.Now)
		case t.Status == taskRunning:
			return s.modifyRunning(tx, t, in, call.Now)
		}
		return cannotModify(t)
	})
	if err != nil {
		return nil, err
	}
	return &dmsapi.ModifyReplicationTaskResponse{ReplicationTask: shown}, nil
}

func cannotModify(t *Task) error {
	return badState("Replication Task, excluding logging severity task settings, cannot be modified while it is %s state", t.Status)
}

const taskModified = "Replication task modified."

// modifyRunning lets the severities of the log change, and nothing else. Members that repeat what is there are no change.
func (s *Service) modifyRunning(tx store.Tx, t *Task, in *dmsapi.ModifyReplicationTaskMessage, now time.Time) error {
	was := *t
	if err := s.modifyDocuments(t, in); err != nil {
		return err
	}
	same := t.Mappings == was.Mappings && t.Data == was.Data && loggingOnly(t.Settings, was.Settings) &&
		in.CdcStartTime == nil && in.CdcStartPosition == nil && in.CdcStopPosition == nil &&
		(in.ReplicationTaskIdentifier == nil || *in.ReplicationTaskIdentifier == t.Name) &&
		(in.MigrationType == nil || *in.MigrationType == t.MigrationType)
	if !same || in.ReplicationTaskSettings == nil {
		return cannotModify(t)
	}
	s.happened(tx, now, sourceTask, t.Name, categoryConfiguration, taskModified)
	return nil
}

func (s *Service) modifyResting(tx store.Tx, t *Task, in *dmsapi.ModifyReplicationTaskMessage, now time.Time) error {
	if err := s.modifyDocuments(t, in); err != nil {
		return err
	}
	was := t.MigrationType
	if err := modifyType(t, in); err != nil {
		return err
	}
	if t.MigrationType != was {
		source, err := lookup[Endpoint](tx, endpoints, t.Source)
		if err != nil {
			return err
		}
		if err := tellsOfChanges(source, t.MigrationType); err != nil {
			return err
		}
	}
	if name := value(in.ReplicationTaskIdentifier); name != "" && name != t.Name {
		if err := checkName("ReplicationTaskIdentifier", name, longestTaskName); err != nil {
			return err
		}
		if err := s.claim(tx, tasks, name, t.ID); err != nil {
			return err
		}
		if err := renameSource(tx, sourceTask, t.Name, name); err != nil {
			return err
		}
		tx.Delete(tasks.names() + t.Name)
		t.Name = name
	}
	t.Before, t.Status = t.Status, taskModifying
	s.happened(tx, now, sourceTask, t.Name, categoryConfiguration, taskModified)
	return nil
}

// modifyType takes the migration type and where changes begin and end. What a task has moved so far belongs to its type:
// after the first run it stays.
func modifyType(t *Task, in *dmsapi.ModifyReplicationTaskMessage) error {
	if to := value(in.MigrationType); to != "" && to != t.MigrationType {
		if t.Runs > 0 {
			return invalidCombination("The migration type of a task that has run cannot be changed from %s to %s: create another task.", t.MigrationType, to)
		}
		t.MigrationType = to
	}
	p := pointsOf(in.CdcStartTime, in.CdcStartPosition, in.CdcStopPosition)
	if err := p.check(t.MigrationType); err != nil {
		return err
	}
	p.put(t)
	kept := points{startTime: t.StartTime, startPosition: t.StartPosition, stopPosition: t.StopPosition}
	return kept.check(t.MigrationType)
}

func (s *Service) modifyDocuments(t *Task, in *dmsapi.ModifyReplicationTaskMessage) error {
	if in.TableMappings != nil {
		if err := checkMappings(*in.TableMappings); err != nil {
			return err
		}
		t.Mappings = *in.TableMappings
	}
	if in.TaskData != nil {
		t.Data = *in.TaskData
	}
	if document := value(in.ReplicationTaskSettings); strings.TrimSpace(document) != "" {
		have, err := t.storedSettings()
		if err != nil {
			return err
		}
		read, err := completeSettings(have, document, true)
		if err != nil {
			return err
		}
		t.Settings, t.Chosen, t.ClearLog = read.complete, read.chosen, t.ClearLog || read.clearLog
	}
	return nil
}
