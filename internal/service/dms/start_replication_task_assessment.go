package dms

import (
	"context"
	"errors"
	"time"

	"github.com/whimbreldb/whimbrel/internal/bucket"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// tasksRole is the role in which DMS keeps the results of data type assessments.
const tasksRole = "dms-access-for-tasks"

// notAssessed begins the fault of one that cannot be begun or was not.
const notAssessed = "Task assessment has not been run or dms-access-for-tasks IAM Role not configured correctly."

// startTaskAssessment begins the older kind of assessment: of data types alone, with its results in a bucket of the account.
func (s *Service) startTaskAssessment(ctx context.Context, call *service.Call, in *dmsapi.StartReplicationTaskAssessmentMessage) (*dmsapi.StartReplicationTaskAssessmentResponse, error) {
	arn := value(in.ReplicationTaskArn)
	if _, err := byARN[Task](s, s.outside(ctx), tasks, arn); err != nil {
		return nil, err
	}
	r := &AssessmentRun{
		ID: newID(), Types: true, Role: "arn:" + s.Partition + ":iam::" + s.Account + ":role/" + tasksRole, Bucket: s.ownBucket(),
		Created: call.Now.UTC(), Names: []string{typesAssessment},
	}
	if err := s.mayKeep(ctx, r, arn); err != nil {
		return nil, err
	}
	var shown *dmsapi.ReplicationTask
	_, err := s.Store.Update(ctx, func(tx store.Tx) error {
		t, err := s.assessable(tx, arn)
		if err != nil {
			return err
		}
		if err := s.checkConnections(tx, t); err != nil {
			return err
		}
		if t.TypesRun != "" {
			before, err := found[AssessmentRun](tx, assessmentRuns.keys()+t.TypesRun)
			if err != nil {
				return err
			}
			if before != nil {
				if err := dropRun(tx, before); err != nil {
					return err
				}
			}
		}
		t.TypesRun, r.Name, r.Folder = r.ID, t.Name, t.Name
		if err := s.beginRun(tx, t, r); err != nil {
			return err
		}
		shown, err = s.showTask(tx, t)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &dmsapi.StartReplicationTaskAssessmentResponse{ReplicationTask: shown}, nil
}

// mayKeep is mayWrite with the one fault that this operation has for it.
func (s *Service) mayKeep(ctx context.Context, r *AssessmentRun, taskARN string) error {
	if s.Results == nil {
		return badState("This server has no place for the results of assessments. Start it with a folder for buckets, or with an S3 store.")
	}
	if s.Roles != nil {
		if err := s.Roles.Lets(ctx, r.Role, "dms.amazonaws.com", taskARN, s.storesResults(r.Bucket, r.Folder)); err != nil {
			return notFound("%s %v", notAssessed, err)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	if err := s.Results.Check(ctx, r.Bucket, r.Seal); err != nil {
		s.Log.Warn("the bucket for the results of data type assessments cannot be written", "bucket", r.Bucket, "error", err)
		if errors.Is(err, bucket.ErrNoBucket) {
			return notFound("Bucket %s is not there.", r.Bucket)
		}
		return badState("Bucket %s cannot be written. The log of the server says why.", r.Bucket)
	}
	return nil
}

// ownBucket is the bucket of the account for them.
func (s *Service) ownBucket() string { return "dms-" + s.Account + "-" + s.uniqueIdentifier() }

// typesFile is the name of the file with the results of one.
func typesFile(created time.Time) string { return created.Format("2006-01-02-15-04") }
