package ec2

import (
	"context"
	"fmt"
	"maps"
	"reflect"

	"github.com/whimbreldb/whimbrel/internal/edge/wire"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/ec2api"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// Config is what the inventory works with.
type Config struct {
	Store     store.Store
	Partition string
	Account   string
	Region    string
	DNSSuffix string   // of the names of VPC endpoints
	Services  []string // that VPC endpoints may lead to, by signing name
}

// Service is the inventory.
type Service struct {
	Config
}

// New makes the service.
func New(c Config) (*service.Service, error) {
	s := &Service{c}
	made, err := service.New(&ec2api.Service,
		s.authorizeSecurityGroupEgress(), s.authorizeSecurityGroupIngress(), s.createNetworkInterface(), s.createSecurityGroup(),
		s.createSubnet(), s.createTags(), s.createVpc(), s.createVpcEndpoint(), s.deleteNetworkInterface(), s.deleteSecurityGroup(),
		s.deleteSubnet(), s.deleteTags(), s.deleteVpc(), s.deleteVpcEndpoints(), s.describeAccountAttributes(),
		s.describeAvailabilityZones(), s.describeInternetGateways(), s.describeNetworkInterfaces(), s.describeRegions(),
		s.describeSecurityGroups(), s.describeSubnets(), s.describeTags(), s.describeVpcEndpointServices(), s.describeVpcEndpoints(),
		s.describeVpcs(), s.modifyNetworkInterfaceAttribute(), s.modifyVpcEndpoint(), s.revokeSecurityGroupEgress(),
		s.revokeSecurityGroupIngress())
	if err != nil {
		return nil, fmt.Errorf("make the network inventory: %w", err)
	}
	return made, nil
}

// handle makes an operation that honours DryRun: a call that would be allowed ends in an error that says so.
func handle[In, Out any](
	name string,
	access func(ctx context.Context, call *service.Call, in *In) []service.Check,
	do func(ctx context.Context, call *service.Call, in *In) (*Out, error),
) service.Operation {
	return service.Handle(name,
		func(ctx context.Context, call *service.Call, in *In) ([]service.Check, error) {
			checks := access(ctx, call, in)
			for i := range checks {
				if checks[i].Keys == nil {
					checks[i].Keys = map[string][]string{}
				}
				checks[i].Keys["ec2:Region"] = []string{call.Region}
				maps.Copy(checks[i].Keys, resourceTags(checks[i].Tags))
			}
			return checks, nil
		},
		func(ctx context.Context, call *service.Call, in *In) (*Out, error) {
			if dry := reflect.ValueOf(in).Elem().FieldByName("DryRun"); dry.IsValid() && !dry.IsNil() && dry.Elem().Bool() {
				return nil, &wire.Error{Code: "DryRunOperation", Message: "Request would have succeeded, but DryRun flag is set.", Status: 412}
			}
			return do(ctx, call, in)
		})
}

// fault is an error of EC2, whose model names none.
func fault(code, form string, args ...any) error {
	return &wire.Error{Code: code, Message: fmt.Sprintf(form, args...), Status: 400}
}

func invalid(form string, args ...any) error { return fault("InvalidParameterValue", form, args...) }

func value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

func ptr[T any](v T) *T { return &v }

func arn(call *service.Call, kind, id string) string {
	if id == "" {
		id = "*"
	}
	return call.ARN(kind + "/" + id)
}

// anything is the access of the operations that only describe, which have no resources.
func anything[In any](_ context.Context, call *service.Call, _ *In) []service.Check {
	return call.OnAny()
}
