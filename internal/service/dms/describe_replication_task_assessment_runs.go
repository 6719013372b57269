package dms

import (
	"context"
	"errors"

	"github.com/whimbreldb/whimbrel/internal/assess"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

func (s *Service) describeAssessmentRuns(ctx context.Context, _ *service.Call, in *dmsapi.DescribeReplicationTaskAssessmentRunsMessage) (*dmsapi.DescribeReplicationTaskAssessmentRunsResponse, error) {
	f, err := filtersOf(in.Filters, "replication-task-assessment-run-arn", "replication-task-arn", "replication-instance-arn", "status")
	if err != nil {
		return nil, err
	}
	p, err := pageOf("DescribeReplicationTaskAssessmentRuns", in.Marker, in.MaxRecords, most)
	if err != nil {
		return nil, err
	}
	page, marker, err := collect(s.narrowed(ctx, assessmentRuns, f["replication-task-assessment-run-arn"], nil), assessmentRuns.keys(), p, func(r *AssessmentRun) bool {
		return !r.Types && s.allowsARN(f, "replication-task-assessment-run-arn", assessmentRuns, r.ID) && s.allowsARN(f, "replication-task-arn", tasks, r.Task) &&
			s.allowsARN(f, "replication-instance-arn", instances, r.Instance) && f.allow("status", r.Status)
	})
	if err != nil {
		return nil, err
	}
	if len(page) == 0 && len(f) > 0 && p.after == "" {
		return nil, notFound("No assessment runs found matching provided filters")
	}
	out := &dmsapi.DescribeReplicationTaskAssessmentRunsResponse{ReplicationTaskAssessmentRuns: []dmsapi.ReplicationTaskAssessmentRun{}, Marker: marker}
	known := remembering{from: s.reads(ctx)}
	for i := range page {
		t, err := store.Read[Task](&known, tasks.keys()+page[i].Task)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return nil, err
		}
		out.ReplicationTaskAssessmentRuns = append(out.ReplicationTaskAssessmentRuns, *s.showRun(&page[i], t.LastRun == page[i].ID))
	}
	return out, nil
}

// showRun is a run as the API shows it.
func (s *Service) showRun(r *AssessmentRun, latest bool) *dmsapi.ReplicationTaskAssessmentRun {
	done := int64(0)
	for _, n := range r.Ended {
		done += n
	}
	out := &dmsapi.ReplicationTaskAssessmentRun{
		ReplicationTaskAssessmentRunArn: new(s.arn(assessmentRuns, r.ID)), ReplicationTaskArn: new(s.arn(tasks, r.Task)),
		AssessmentRunName: new(r.Name), Status: new(r.Status), ReplicationTaskAssessmentRunCreationDate: new(r.Created),
		AssessmentProgress:   &dmsapi.ReplicationTaskAssessmentRunProgress{IndividualAssessmentCount: new(int64(len(r.Names))), IndividualAssessmentCompletedCount: &done},
		ServiceAccessRoleArn: new(r.Role), ResultLocationBucket: new(r.Bucket), ResultLocationFolder: some(r.Folder),
		ResultEncryptionMode: some(string(r.Seal.Mode)), ResultKmsKeyArn: some(r.Seal.Key), LastFailureMessage: some(r.Failure),
		IsLatestTaskAssessmentRun: &latest,
	}
	if r.Done {
		count := func(st assess.Status) *int64 { return new(r.Ended[string(st)]) }
		out.ResultStatistic = &dmsapi.ReplicationTaskAssessmentRunResultStatistic{
			Passed: count(assess.Passed), Failed: count(assess.Failed), Error: count(assess.Errored), Warning: count(assess.Warning),
			Cancelled: count(assess.Cancelled), Skipped: count(assess.Skipped),
		}
	}
	return out
}
