package own

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/whimbrelapi"
	"github.com/whimbreldb/whimbrel/internal/instance"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// describeAssessmentFindings tells what the assessments of a run have found, and what mends it. DMS writes that to a bucket
// alone, which not everyone who looks at a task can read.
func (s *Service) describeAssessmentFindings() service.Operation {
	return service.Handle("DescribeAssessmentFindings",
		func(ctx context.Context, call *service.Call, in *whimbrelapi.DescribeAssessmentFindingsRequest) ([]service.Check, error) {
			return s.onTask(ctx, call, in.ReplicationTaskArn), nil
		},
		func(ctx context.Context, _ *service.Call, in *whimbrelapi.DescribeAssessmentFindingsRequest) (*whimbrelapi.DescribeAssessmentFindingsResponse, error) {
			status, all, err := s.tasks.AssessmentFindings(ctx, *in.ReplicationTaskArn, *in.ReplicationTaskAssessmentRunArn)
			if err != nil {
				return nil, ours(err)
			}
			out := &whimbrelapi.DescribeAssessmentFindingsResponse{
				ReplicationTaskArn: in.ReplicationTaskArn, ReplicationTaskAssessmentRunArn: in.ReplicationTaskAssessmentRunArn, Status: &status, Assessments: []whimbrelapi.Assessed{},
			}
			for i := range all {
				out.Assessments = append(out.Assessments, showAssessed(&all[i]))
			}
			return out, nil
		})
}

func showAssessed(a *instance.Assessed) whimbrelapi.Assessed {
	out := whimbrelapi.Assessed{Name: &a.Name, Status: &a.Status, About: some(a.About), Reason: some(a.Reason), Findings: []whimbrelapi.Finding{}, UnlistedFindings: new(int64(a.Unlisted))}
	for i := range a.Findings {
		f := &a.Findings[i]
		out.Findings = append(out.Findings, whimbrelapi.Finding{Status: &f.Status, Object: &f.Object, Reason: &f.Reason, Remedy: some(f.Mend)})
	}
	return out
}

// some is a text, or nothing where it is empty.
func some(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}
