package dms

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/whimbreldb/whimbrel/internal/edge/wire"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
)

// faultsSeen are the faults that the tests of this package have had operations raise, as "Operation Fault".
var faultsSeen sync.Map

// sees notes what an operation has answered in a test.
func sees(operation string, err error) {
	if e, ok := errors.AsType[*wire.Error](err); ok {
		faultsSeen.Store(operation+" "+e.Code, true)
	}
}

// neverRaised says of faults that the model has why nothing here raises them. A star stands for any operation.
var neverRaised = map[string]string{
	"CreateEventSubscription KMS*":                           "topics are webhooks here, not encrypted by a key",
	"ModifyEventSubscription KMS*":                           "topics are webhooks here, not encrypted by a key",
	"CreateEventSubscription SNSNoAuthorizationFault":        "what a webhook lets be sent shows when something is: the subscription is no-permission then",
	"ModifyEventSubscription SNSNoAuthorizationFault":        "what a webhook lets be sent shows when something is: the subscription is no-permission then",
	"ModifyEventSubscription ResourceQuotaExceededFault":     "a modification makes no more of anything",
	"DeleteEventSubscription InvalidResourceStateFault":      "a subscription can be deleted in every state that it shows",
	"*EventSubscription AccessDeniedFault":                   "policies deny with AccessDeniedException; no role is used",
	"CancelReplicationTaskAssessmentRun AccessDeniedFault":   "policies deny with AccessDeniedException; what is cancelled needs no role",
	"DeleteReplicationTaskAssessmentRun AccessDeniedFault":   "policies deny with AccessDeniedException; what is deleted needs no role",
	"DescribeTableStatistics AccessDeniedFault":              "policies deny with AccessDeniedException; statistics lie on the instance",
	"DescribeApplicableIndividualAssessments AccessDenied*":  "policies deny with AccessDeniedException; no role is used",
	"DescribeApplicableIndividualAssessments Invalid*":       "names apply whatever state the task is in",
	"ListTagsForResource InvalidResourceStateFault":          "tags are read in every state",
	"StartReplicationTaskAssessmentRun KMSKeyNotAccessible*": "which of the five other faults of KMS it is, is told",
}

// elsewhereProved are the operations whose faults are not held to the table: instances, networks, endpoints, connections and certificates.
var elsewhereProved = []string{"Certificate", "Connection", "Endpoint", "Schemas", "ReplicationInstance", "SubnetGroup", "PendingMaintenance", "EngineVersions"}

// unraised lists the faults of the operations on tasks, assessments, tags, events and quotas that no test has seen, and exceptions that are
// needed no more.
func unraised() (all []string, err error) {
	s, err := New(Config{})
	if err != nil {
		return nil, err
	}
	api, err := s.API()
	if err != nil {
		return nil, err
	}
	used := map[string]bool{}
	for i := range dmsapi.Service.Operations {
		op := &dmsapi.Service.Operations[i]
		if !api.Serves(op.Name) || slices.ContainsFunc(elsewhereProved, func(part string) bool { return strings.Contains(op.Name, part) }) {
			continue
		}
		for _, f := range op.Errors {
			pair := op.Name + " " + dmsapi.Service.Errors[f].Code
			if _, seen := faultsSeen.Load(pair); seen {
				continue
			}
			if why := exceptionOf(pair); why != "" {
				used[why] = true
				continue
			}
			all = append(all, pair)
		}
	}
	for pattern := range neverRaised {
		if !used[pattern] {
			all = append(all, "the exception "+pattern+" is needed no more")
		}
	}
	slices.Sort(all)
	return all, nil
}

// exceptionOf is the pattern of the exceptions that a fault is one of.
func exceptionOf(pair string) string {
	for pattern := range neverRaised {
		if like(pattern, pair) {
			return pattern
		}
	}
	return ""
}

// like matches a text with a pattern in which stars stand for anything.
func like(pattern, text string) bool {
	parts := strings.Split(pattern, "*")
	if !strings.HasPrefix(text, parts[0]) {
		return false
	}
	text = text[len(parts[0]):]
	for i, part := range parts[1:] {
		if i == len(parts)-2 {
			return strings.HasSuffix(text, part)
		}
		at := strings.Index(text, part)
		if at < 0 {
			return false
		}
		text = text[at+len(part):]
	}
	return text == ""
}

// wholeRun reports that every test of the package is run.
func wholeRun() bool {
	for _, name := range []string{"test.run", "test.skip", "test.list"} {
		if f := flag.Lookup(name); f != nil && f.Value.String() != "" {
			return false
		}
	}
	return true
}

// seenEnough holds the whole run to the model: 1 if some fault of it was neither raised nor is an exception.
func seenEnough() int {
	missing, err := unraised()
	if err != nil {
		missing = []string{err.Error()}
	}
	if len(missing) == 0 {
		return 0
	}
	fmt.Fprintf(os.Stderr, "--- FAIL: faults of the model that no test has seen: have a test raise each, or say in neverRaised why nothing does\n    %s\n", strings.Join(missing, "\n    "))
	return 1
}
