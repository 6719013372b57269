package dms

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/instance"
)

// AssessmentFindings are the results of a run of assessments of a task, as far as it has come, in the order of their names.
func (s *Service) AssessmentFindings(ctx context.Context, arn, runARN string) (status string, results []instance.Assessed, err error) {
	from := s.reads(ctx)
	t, err := byARN[Task](s, from, tasks, arn)
	if err != nil {
		return "", nil, err
	}
	r, err := byARN[AssessmentRun](s, from, assessmentRuns, runARN)
	if err != nil {
		return "", nil, err
	}
	if r.Task != t.ID || r.Types {
		return "", nil, notFound("%s %s not found among those of task %s.", assessmentRuns.noun, runARN, t.Name)
	}
	all, err := readIndividuals(from, r.ID)
	if err != nil {
		return "", nil, err
	}
	for i := range all {
		one := all[i].Result
		one.Status = all[i].Status
		results = append(results, one)
	}
	return r.Status, results, nil
}
