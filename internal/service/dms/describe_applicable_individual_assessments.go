package dms

import (
	"context"
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/assess"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/task"
)

func (s *Service) describeApplicableAssessments(ctx context.Context, _ *service.Call, in *dmsapi.DescribeApplicableIndividualAssessmentsMessage) (*dmsapi.DescribeApplicableIndividualAssessmentsResponse, error) {
	p, err := pageOf("DescribeApplicableIndividualAssessments", in.Marker, in.MaxRecords, most)
	if err != nil {
		return nil, err
	}
	names, err := s.applicable(ctx, in)
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	out := &dmsapi.DescribeApplicableIndividualAssessmentsResponse{IndividualAssessmentNames: []string{}}
	for _, name := range names {
		if name <= p.after {
			continue
		}
		if len(out.IndividualAssessmentNames) == p.limit {
			out.Marker = p.markerOf(out.IndividualAssessmentNames[p.limit-1])
			break
		}
		out.IndividualAssessmentNames = append(out.IndividualAssessmentNames, name)
	}
	return out, nil
}

// applicable lists the assessments of a task, of a task that might be, or all.
func (s *Service) applicable(ctx context.Context, in *dmsapi.DescribeApplicableIndividualAssessmentsMessage) ([]string, error) {
	given := 0
	for _, one := range []*string{in.ReplicationInstanceArn, in.SourceEngineName, in.TargetEngineName, in.MigrationType} {
		if value(one) != "" {
			given++
		}
	}
	switch {
	case value(in.ReplicationConfigArn) != "":
		return nil, notFound("Replication Config %s not found.", *in.ReplicationConfigArn)
	case value(in.ReplicationTaskArn) != "" && given > 0:
		return nil, invalidCombination("ReplicationTaskArn stands alone: the engines and the migration type are the task's.")
	case value(in.ReplicationTaskArn) != "":
		t, err := byARN[Task](s, s.reads(ctx), tasks, *in.ReplicationTaskArn)
		if err != nil {
			return nil, err
		}
		k, err := assessedKind(s.reads(ctx), t)
		return assess.Applicable(k), err
	case given == 0:
		return assess.Names(), nil
	case given < 4:
		return nil, invalidCombination("ReplicationInstanceArn, SourceEngineName, TargetEngineName and MigrationType are given all together, or none of them is.")
	}
	if _, err := byARN[Instance](s, s.reads(ctx), instances, *in.ReplicationInstanceArn); err != nil {
		return nil, err
	}
	k := assess.Kind{Type: task.Type(*in.MigrationType)}
	if known := []string{fullLoad, onlyChanges, fullLoadAndCDC}; !slices.Contains(known, string(k.Type)) {
		return nil, invalidValue("Invalid MigrationType: %q. It is one of %s.", k.Type, strings.Join(known, ", "))
	}
	for _, end := range []struct {
		name, at string
		to       *string
	}{{*in.SourceEngineName, asSource, &k.Source}, {*in.TargetEngineName, asTarget, &k.Target}} {
		e, err := engineOf(end.name)
		if err != nil {
			return nil, err
		}
		if err := e.at(end.at); err != nil {
			return nil, err
		}
		*end.to = e.scheme
	}
	return assess.Applicable(k), nil
}
