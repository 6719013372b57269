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
	// Withheld reports that a session may not make a call whatever its policies say, and why.
	Withheld(p *service.Principal, action string) (reason string, ok bool)
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
	endpoints Endpoints
}

// Endpoints know the VPC endpoints.
type Endpoints interface {
	// ByID finds the endpoint of an ID, as a call from an address goes through it; the error says whom its security groups keep out. It is
	// nil if there is none.
	ByID(id string, source *service.Source) (*service.Endpoint, error)
}

// Serving finds a service by the name that calls of it are signed with, nil if there is none.
type Serving func(signed string) *service.Service

// New makes the service. What is known of resources is asked of their services, by the name that stands in ARNs;
// what a call touches, of the services that are served.
func New(d *identity.Directory, e Explainer, known map[string]Known, tasks Tasks, serving Serving, endpoints Endpoints) (*service.Service, error) {
	s := &Service{d, e, known, tasks, serving, endpoints}
	made, err := service.New(&whimbrelapi.Service, s.cutOverReplicationTask(), s.describeApplyExceptions(), s.describeAssessmentFindings(), s.describeMappingPlan(), s.describeOwnAccess(),
		s.describeTaskProgress(), s.describeValidationFailures(), s.explainAccess(), s.replayApplyExceptions())
	if err != nil {
		return nil, fmt.Errorf("make our own service: %w", err)
	}
	return made, nil
}
