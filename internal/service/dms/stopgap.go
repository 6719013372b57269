package dms

import (
	"context"
	"fmt"
	"time"

	"github.com/whimbreldb/whimbrel/internal/instance"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// Until the parts that define these are merged; then this file goes.

func (s *Service) happened(tx store.Tx, at time.Time, sourceType, source, category, message string) {
	_ = store.Write(tx, fmt.Sprintf("%sevent/%020d-%s", Prefix, at.UnixNano(), newID()), Event{
		At: at, Source: source, SourceType: sourceType, Categories: []string{category}, Message: message,
	})
}

func (s *Service) quota(store.Tx, string, int64) error { return nil }

func classOf(string) (processors int, memory int64, defaultStorage int64, ok bool) {
	return 2, 4 << 30, 50, true
}

func (s *Service) reach(context.Context, *Endpoint, []string) (instance.Endpoint, error) {
	return instance.Endpoint{}, fault("InvalidResourceStateFault", "endpoints cannot be reached yet")
}

func connectionKey(instanceID, endpointID string) string {
	return Prefix + "connection/" + instanceID + "/" + endpointID
}

func schemasKey(endpointID string) string { return Prefix + "schemas/" + endpointID }
