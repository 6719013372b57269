package dms

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/whimbreldb/whimbrel/internal/assess"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

func (s *Service) describeAssessmentResults(ctx context.Context, _ *service.Call, in *dmsapi.DescribeReplicationTaskAssessmentResultsMessage) (*dmsapi.DescribeReplicationTaskAssessmentResultsResponse, error) {
	out := &dmsapi.DescribeReplicationTaskAssessmentResultsResponse{BucketName: new(s.ownBucket()), ReplicationTaskAssessmentResults: []dmsapi.ReplicationTaskAssessmentResult{}}
	if arn := value(in.ReplicationTaskArn); arn != "" {
		t, err := byARN[Task](s, s.reads(ctx), tasks, arn)
		if err != nil {
			return nil, err
		}
		if t.TypesRun == "" {
			return nil, notFound("%s", notAssessed)
		}
		r, err := lookup[AssessmentRun](s.reads(ctx), assessmentRuns, t.TypesRun)
		if err != nil {
			return nil, err
		}
		one, err := s.showTypes(ctx, r, true)
		out.ReplicationTaskAssessmentResults = append(out.ReplicationTaskAssessmentResults, one)
		return out, err
	}
	p, err := pageOf("DescribeReplicationTaskAssessmentResults", in.Marker, in.MaxRecords, most)
	if err != nil {
		return nil, err
	}
	page, marker, err := collect(s.reads(ctx), assessmentRuns.keys(), p, func(r *AssessmentRun) bool { return r.Types })
	if err != nil {
		return nil, err
	}
	out.Marker = marker
	for i := range page {
		one, err := s.showTypes(ctx, &page[i], false)
		if err != nil {
			return nil, err
		}
		out.ReplicationTaskAssessmentResults = append(out.ReplicationTaskAssessmentResults, one)
	}
	return out, nil
}

// typesStatus says how an assessment of data types has gone, as DMS does.
func typesStatus(r *AssessmentRun) string {
	switch {
	case !r.Done:
		return "running"
	case r.Status == runNoProvision || r.Status == runNoExecution || r.Ended[string(assess.Errored)]+r.Ended[string(assess.Cancelled)] > 0:
		return "error"
	case r.Ended[string(assess.Failed)]+r.Ended[string(assess.Warning)] > 0:
		return "Issues found"
	}
	return "No issues found"
}

func (s *Service) showTypes(ctx context.Context, r *AssessmentRun, whole bool) (dmsapi.ReplicationTaskAssessmentResult, error) {
	out := dmsapi.ReplicationTaskAssessmentResult{
		ReplicationTaskArn: new(s.arn(tasks, r.Task)), ReplicationTaskIdentifier: new(r.TaskName), ReplicationTaskLastAssessmentDate: new(r.Created),
		AssessmentStatus: new(typesStatus(r)),
	}
	if !r.Done || r.Status == runNoProvision || r.Status == runNoExecution {
		return out, nil
	}
	key := resultKey(r, typesFile(r.Created))
	out.AssessmentResultsFile = &key
	if !whole {
		return out, nil
	}
	if s.Results != nil {
		out.S3ObjectUrl = new(s.Results.URL(r.Bucket, key))
	}
	all, err := readIndividuals(s.reads(ctx), r.ID)
	if err != nil {
		return out, err
	}
	text, err := json.Marshal(typesReport(r, all))
	if err != nil {
		return out, fmt.Errorf("encode the results of an assessment: %w", err)
	}
	out.AssessmentResults = new(string(text))
	return out, nil
}
