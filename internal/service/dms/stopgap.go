package dms

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/instance"
)

// Until the parts that define these are merged; then this file goes.

func (s *Service) reach(context.Context, *Endpoint, []string) (instance.Endpoint, error) {
	return instance.Endpoint{}, fault("InvalidResourceStateFault", "endpoints cannot be reached yet")
}

func connectionKey(instanceID, endpointID string) string {
	return Prefix + "connection/" + instanceID + "/" + endpointID
}

func schemasKey(endpointID string) string { return Prefix + "schemas/" + endpointID }
