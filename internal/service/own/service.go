package own

import (
	"context"
	"fmt"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/whimbrelapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/policy"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// Explainer tells how a call would be decided.
type Explainer interface {
	Explain(ctx context.Context, call *service.Call, check service.Check) ([]policy.Step, policy.Decision, *policy.Context, error)
	// Denied finds the first check that would be denied, -1 if none would, and why.
	Denied(ctx context.Context, call *service.Call, checks []service.Check) (at int, reason string, err error)
}

// Service is the service of our own operations.
type Service struct {
	directory *identity.Directory
	explainer Explainer
	known     map[string]Known // by the service in an ARN
	tasks     Tasks
	serving   Serving
}

// Serving finds a service by the name that calls of it are signed with, nil if there is none.
type Serving func(signed string) *service.Service

// New makes the service. What is known of resources is asked of their services, by the name that stands in ARNs;
// what a call touches, of the services that are served.
func New(d *identity.Directory, e Explainer, known map[string]Known, tasks Tasks, serving Serving) (*service.Service, error) {
	s := &Service{d, e, known, tasks, serving}
	made, err := service.New(&whimbrelapi.Service, s.cutOverReplicationTask(), s.describeApplyExceptions(), s.describeAssessmentFindings(), s.describeMappingPlan(), s.describeOwnAccess(),
		s.describeTaskProgress(), s.describeValidationFailures(), s.explainAccess(), s.replayApplyExceptions())
	if err != nil {
		return nil, fmt.Errorf("make our own service: %w", err)
	}
	return made, nil
}
