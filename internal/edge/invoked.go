package edge

import (
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/whimbreldb/whimbrel/internal/audit"
	"github.com/whimbreldb/whimbrel/internal/edge/wire"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// Invoked is the record of a call that a service makes for a caller, in a role of the account, without the wire between: as CloudTrail has it,
// the service stands in place of address and client (CloudTrail user guide, "CloudTrail userIdentity element", invokedBy and AWSService). A
// call without a principal is the service's own. The input is left out when it is nil.
func Invoked(call *service.Call, by string, input any, touched []string, err error) *audit.Record {
	r := &audit.Record{
		EventVersion: "1.11", EventTime: call.Now.UTC().Truncate(time.Second), EventType: "AwsApiCall", EventCategory: "Management", ManagementEvent: true,
		RequestID: uuid.NewString(), EventID: uuid.NewString(), Region: call.Region, RecipientAccount: call.Account, SourceIP: by, UserAgent: by,
		EventSource: call.Service.EventSource, EventName: call.Operation.Name, ReadOnly: readOnly(call.Operation.Name),
		UserIdentity: &audit.Identity{Type: "AWSService"}, Request: null, Response: null, Resources: resources(touched, call.Account),
	}
	if call.Service.Name == "kms" && cryptographic(call.Operation.Name) {
		r.ReadOnly, r.Unlocks = true, true
	}
	if call.Principal != nil {
		r.UserIdentity = identity(call.Principal)
	}
	r.UserIdentity.InvokedBy = by
	if input != nil {
		r.Request = bounded(call.Service.AppendAudit(nil, call.Operation.Input, input))
	}
	if refused := new(wire.Error); errors.As(err, &refused) {
		r.ErrorCode, r.ErrorMessage = refused.Code, refused.Message
	} else if err != nil {
		r.ErrorCode = "InternalFailure"
	}
	return r
}
