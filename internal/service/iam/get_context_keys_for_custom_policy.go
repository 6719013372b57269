package iam

import (
	"context"
	"slices"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/policy"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// getContextKeysForCustomPolicy lists the condition keys that policies ask for.
func (s *Service) getContextKeysForCustomPolicy() service.Operation {
	return service.Handle("GetContextKeysForCustomPolicy", onNothing,
		func(_ context.Context, _ *service.Call, in *iamapi.GetContextKeysForCustomPolicyRequest) (*iamapi.GetContextKeysForPolicyResponse, error) {
			names := []string{}
			for i, text := range in.PolicyInputList {
				p, err := policy.Parse(text, policy.Identity, 0)
				if err != nil {
					return nil, fault("InvalidInputException", "PolicyInputList.%d: %s", i+1, err)
				}
				names = addKeys(names, p)
			}
			return &iamapi.GetContextKeysForPolicyResponse{ContextKeyNames: names}, nil
		})
}

// addKeys adds the keys that a policy asks for and that are not there yet.
func addKeys(names []string, p *policy.Policy) []string {
	for _, k := range p.ContextKeys() {
		if !slices.Contains(names, k) {
			names = append(names, k)
		}
	}
	return names
}
