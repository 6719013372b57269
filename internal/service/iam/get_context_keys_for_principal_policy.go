package iam

import (
	"context"
	"slices"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// getContextKeysForPrincipalPolicy lists the condition keys that the policies of a user, group or role ask for.
func (s *Service) getContextKeysForPrincipalPolicy() service.Operation {
	return service.Handle("GetContextKeysForPrincipalPolicy", func(_ context.Context, call *service.Call, in *iamapi.GetContextKeysForPrincipalPolicyRequest) ([]service.Check, error) {
		return []service.Check{{Action: call.ActionName(), Resource: or(in.PolicySourceArn, "*")}}, nil
	},
		func(ctx context.Context, call *service.Call, in *iamapi.GetContextKeysForPrincipalPolicyRequest) (*iamapi.GetContextKeysForPolicyResponse, error) {
			m, err := newSimulation(nil, nil, nil, nil)
			if err != nil {
				return nil, err
			}
			if err := s.simulatePrincipal(s.read(ctx), call, m, &iamapi.SimulatePrincipalPolicyRequest{PolicySourceArn: in.PolicySourceArn}); err != nil {
				return nil, err
			}
			if _, err := m.inputs(in.PolicyInputList, "PolicyInputList"); err != nil {
				return nil, err
			}
			names := []string{}
			for p := range m.texts {
				names = addKeys(names, p)
			}
			slices.Sort(names)
			return &iamapi.GetContextKeysForPolicyResponse{ContextKeyNames: names}, nil
		})
}
