package dms

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

func (s *Service) describeIndividualAssessments(ctx context.Context, _ *service.Call, in *dmsapi.DescribeReplicationTaskIndividualAssessmentsMessage) (*dmsapi.DescribeReplicationTaskIndividualAssessmentsResponse, error) {
	f, err := filtersOf(in.Filters, "replication-task-assessment-run-arn", "replication-task-arn", "status")
	if err != nil {
		return nil, err
	}
	p, err := pageOf("DescribeReplicationTaskIndividualAssessments", in.Marker, in.MaxRecords, most)
	if err != nil {
		return nil, err
	}
	prefix := individuals.keys()
	if arns := f["replication-task-assessment-run-arn"]; len(arns) == 1 {
		if id, err := s.parseOf(assessmentRuns, arns[0]); err == nil { // what is no ARN matches nothing
			prefix = individualsOf(id)
		}
	}
	hidden := map[string]bool{} // by run
	from := s.reads(ctx)
	page, marker, err := collect(from, prefix, p, func(i *Individual) bool {
		if !s.allowsARN(f, "replication-task-assessment-run-arn", assessmentRuns, i.Run) || !s.allowsARN(f, "replication-task-arn", tasks, i.Task) || !f.allow("status", i.Status) {
			return false
		}
		if _, seen := hidden[i.Run]; !seen {
			r, err := lookup[AssessmentRun](from, assessmentRuns, i.Run)
			hidden[i.Run] = err != nil || r.Types
		}
		return !hidden[i.Run]
	})
	if err != nil {
		return nil, err
	}
	if len(page) == 0 && len(f) > 0 && p.after == "" {
		return nil, notFound("No individual assessments found matching provided filters")
	}
	out := &dmsapi.DescribeReplicationTaskIndividualAssessmentsResponse{ReplicationTaskIndividualAssessments: []dmsapi.ReplicationTaskIndividualAssessment{}, Marker: marker}
	for _, i := range page {
		out.ReplicationTaskIndividualAssessments = append(out.ReplicationTaskIndividualAssessments, dmsapi.ReplicationTaskIndividualAssessment{
			ReplicationTaskIndividualAssessmentArn: new(s.arn(individuals, i.ID)), ReplicationTaskAssessmentRunArn: new(s.arn(assessmentRuns, i.Run)),
			IndividualAssessmentName: new(i.Result.Name), Status: new(i.Status), ReplicationTaskIndividualAssessmentStartDate: i.Started,
		})
	}
	return out, nil
}
