package dms

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/bucket"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

func (s *Service) startAssessmentRun(ctx context.Context, call *service.Call, in *dmsapi.StartReplicationTaskAssessmentRunMessage) (*dmsapi.StartReplicationTaskAssessmentRunResponse, error) {
	r, err := s.runIn(call, in)
	if err != nil {
		return nil, err
	}
	if _, err := byARN[Task](s, s.outside(ctx), tasks, value(in.ReplicationTaskArn)); err != nil {
		return nil, err
	}
	if err := s.mayWrite(ctx, r, value(in.ReplicationTaskArn)); err != nil {
		return nil, err
	}
	var shown *dmsapi.ReplicationTaskAssessmentRun
	_, err = s.Store.Update(ctx, func(tx store.Tx) error {
		t, err := s.assessable(tx, value(in.ReplicationTaskArn))
		if err != nil {
			return err
		}
		k, err := assessedKind(tx, t)
		if err != nil {
			return err
		}
		if r.Names, err = selectedNames(k, in.IncludeOnly, in.Exclude); err != nil {
			return err
		}
		have, err := store.Count(tx, assessmentRuns.names())
		if err != nil {
			return err
		}
		if have >= mostRuns {
			return badState("The account has %d assessment runs, which is as many as are kept: delete some that have ended.", have)
		}
		if err := s.claim(tx, assessmentRuns, r.Name, r.ID); err != nil {
			return err
		}
		t.LastRun = r.ID
		if err := s.beginRun(tx, t, r); err != nil {
			return err
		}
		s.happened(tx, r.Created, sourceTask, t.Name, categoryState, "Premigration assessment run started for the replication task.")
		shown = s.showRun(r, true)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &dmsapi.StartReplicationTaskAssessmentRunResponse{ReplicationTaskAssessmentRun: shown}, nil
}

// runIn reads what a call says by itself.
func (s *Service) runIn(call *service.Call, in *dmsapi.StartReplicationTaskAssessmentRunMessage) (*AssessmentRun, error) {
	r := &AssessmentRun{
		ID: newID(), Name: value(in.AssessmentRunName), Role: value(in.ServiceAccessRoleArn), Bucket: value(in.ResultLocationBucket),
		Folder: strings.Trim(value(in.ResultLocationFolder), "/"), Seal: bucket.Seal{Key: value(in.ResultKmsKeyArn)}, Created: call.Now.UTC(),
	}
	if err := checkName("AssessmentRunName", r.Name, longestRunName); err != nil {
		return nil, err
	}
	if !bucket.ValidName(r.Bucket) {
		return nil, invalidValue("Invalid ResultLocationBucket: %q is no name of a bucket.", r.Bucket)
	}
	if r.Folder != "" && (len(r.Folder) > longestRunFolder || !bucket.ValidKey(r.Folder)) {
		return nil, invalidValue("Invalid ResultLocationFolder: %q is no path of a folder.", r.Folder)
	}
	mode := bucket.Mode(strings.ToUpper(strings.ReplaceAll(value(in.ResultEncryptionMode), "-", "_")))
	switch {
	case mode != bucket.Plain && mode != bucket.SSES3 && mode != bucket.SSEKMS:
		return nil, invalidValue("Invalid ResultEncryptionMode: %q. It is SSE_S3 or SSE_KMS.", value(in.ResultEncryptionMode))
	case r.Seal.Key != "" && mode != bucket.SSEKMS:
		return nil, invalidCombination("ResultKmsKeyArn is valid with ResultEncryptionMode SSE_KMS alone.")
	}
	r.Seal.Mode = mode
	var err error
	r.Tags, err = tagsIn(in.Tags)
	return r, err
}

// assessable finds a task that can be assessed now.
func (s *Service) assessable(tx store.Tx, arn string) (*Task, error) {
	t, err := byARN[Task](s, tx, tasks, arn)
	if err != nil {
		return nil, err
	}
	if !t.resting() {
		return nil, badState("Replication Task %s cannot be assessed while it is in %s state.", t.Name, t.Status)
	}
	host, err := lookup[Instance](tx, instances, t.Instance)
	if err != nil {
		return nil, err
	}
	if host.Status != instanceAvailable {
		return nil, badState("Replication Instance %s should be available for assessing the replication task, its status is %s.", host.Name, host.Status)
	}
	return t, nil
}

// beginRun writes a run and its assessments, and has the task tested.
func (s *Service) beginRun(tx store.Tx, t *Task, r *AssessmentRun) error {
	r.Task, r.TaskName, r.Instance, r.Status = t.ID, t.Name, t.Instance, runStarting
	t.Before, t.Status = t.Status, taskTesting
	for i, name := range r.Names {
		one := &Individual{ID: individualID(r.ID, i), Run: r.ID, Task: t.ID, Status: individualWaits}
		one.Result.Name = name
		if err := writeIndividual(tx, one); err != nil {
			return err
		}
	}
	if err := writeRun(tx, r); err != nil {
		return err
	}
	return writeTask(tx, t)
}

// mayWrite checks that DMS may use the role, that the role allows what DMS does with the bucket, and that the bucket is there.
func (s *Service) mayWrite(ctx context.Context, r *AssessmentRun, taskARN string) error {
	if s.Results == nil {
		return badState("This server has no place for the results of assessment runs. Start it with a folder for buckets, or with an S3 store.")
	}
	if s.Roles != nil {
		if err := s.Roles.Lets(ctx, r.Role, "dms.amazonaws.com", taskARN, nil); err != nil {
			return fault("AccessDeniedFault", "The IAM Role %s is not configured properly. %v", r.Role, err)
		}
		if err := s.Roles.Lets(ctx, r.Role, "dms.amazonaws.com", taskARN, s.storesResults(r.Bucket, r.Folder)); err != nil {
			return fault("S3AccessDeniedFault", "The IAM Role %s does not let DMS write to bucket %s. %v", r.Role, r.Bucket, err)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	err := s.Results.Check(ctx, r.Bucket, r.Seal)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, bucket.ErrNoBucket):
		return fault("S3ResourceNotFoundFault", "Bucket %s is not there.", r.Bucket)
	case errors.Is(err, bucket.ErrDenied):
		s.Log.Warn("a bucket for the results of assessments cannot be written", "bucket", r.Bucket, "error", err)
		return fault("S3AccessDeniedFault", "This server may not write to bucket %s.", r.Bucket)
	case keyFaultOf(err) != "":
		s.Log.Warn("the results of assessments cannot be encrypted", "bucket", r.Bucket, "error", err)
		return fault(keyFaultOf(err), "The results cannot be encrypted with ResultKmsKeyArn: %v.", keyError(err))
	case errors.Is(err, bucket.ErrSeal):
		return invalidCombination("ResultEncryptionMode: %v.", err)
	}
	s.Log.Warn("the store for the results of assessments does not answer", "bucket", r.Bucket, "error", err)
	return badState("The store of bucket %s does not answer at the moment. Try again.", r.Bucket)
}

// keyFaults are DMS's for what keeps a key of the store's KMS from being used.
var keyFaults = map[error]string{
	bucket.ErrNoKey: "KMSNotFoundFault", bucket.ErrKeyDisabled: "KMSDisabledFault", bucket.ErrKeyState: "KMSInvalidStateFault",
	bucket.ErrKeyDenied: "KMSAccessDeniedFault", bucket.ErrKey: "KMSFault",
}

// keyError is what is the matter with the key, without what the store says, which is for the log; nil if it is none of that.
func keyError(err error) error {
	for of := range keyFaults {
		if errors.Is(err, of) {
			return of
		}
	}
	return nil
}

func keyFaultOf(err error) string { return keyFaults[keyError(err)] }

// storesResults are the actions that the role must allow.
func (s *Service) storesResults(name, folder string) map[string][]string {
	whole := "arn:" + s.Partition + ":s3:::" + name
	objects := []string{whole + "/" + path.Join(folder, "summary.json")}
	what := map[string][]string{}
	for _, action := range []string{"PutObject", "GetObject", "DeleteObject", "PutObjectTagging"} {
		what["s3:"+action] = objects
	}
	for _, action := range []string{"ListBucket", "GetBucketLocation"} {
		what["s3:"+action] = []string{whole}
	}
	return what
}

// resultKey is where a file of a run's results lies in its bucket.
func resultKey(r *AssessmentRun, name string) string {
	if r.Folder == "" {
		return name
	}
	return fmt.Sprintf("%s/%s", r.Folder, name)
}
