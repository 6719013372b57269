package dms

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// updateSubscriptionsToEventBridge: there is no EventBridge to move them to, and the answer says so.
func (s *Service) updateSubscriptionsToEventBridge() service.Operation {
	return handle(s, "UpdateSubscriptionsToEventBridge", func(context.Context, *service.Call, *dmsapi.UpdateSubscriptionsToEventBridgeMessage) (*dmsapi.UpdateSubscriptionsToEventBridgeResponse, error) {
		return nil, badState("Event subscriptions cannot be moved: this server has no EventBridge. They stay as they are and go on being delivered.")
	})
}
