package dms

import (
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/edge/wire"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
)

// proved is what the tests of this package have shown: "CreateEndpoint takes Port", "CreateEndpoint refuses Port" of a call with that member that
// has ended so, and "CreateEndpoint answers AccessDeniedFault".
var proved = struct {
	sync.Mutex
	seen map[string]bool
}{seen: map[string]bool{}}

// prove notes a call; every bench calls it.
func prove(operation string, in any, err error) {
	proved.Lock()
	defer proved.Unlock()
	how := " takes "
	if err != nil {
		how = " refuses "
	}
	if refused, ok := errors.AsType[*wire.Error](err); ok {
		proved.seen[operation+" answers "+refused.Code] = true
	}
	for field, v := range reflect.Indirect(reflect.ValueOf(in)).Fields() {
		if !v.IsZero() {
			proved.seen[operation+how+field.Name] = true
		}
	}
}

// shows are the operations that are held to it: every one that is served.
func shows() (all []*wire.Operation, err error) {
	s, err := New(Config{})
	if err != nil {
		return nil, err
	}
	api, err := s.API()
	if err != nil {
		return nil, err
	}
	for i := range dmsapi.Service.Operations {
		if op := &dmsapi.Service.Operations[i]; api.Serves(op.Name) {
			all = append(all, op)
		}
	}
	return all, nil
}

// unproved lists what a whole run has not shown of members and errors, and exceptions of what the model does not have.
func unproved() (lacks []string) {
	operations, err := shows()
	if err != nil {
		return []string{err.Error()}
	}
	proved.Lock()
	defer proved.Unlock()
	known := map[string]bool{}
	for _, op := range operations {
		for field := range reflect.TypeOf(op.NewInput()).Elem().Fields() {
			known[op.Name+" "+field.Name] = true
			if !ofOtherEngines(field.Name) && !memberProved(op.Name, field.Name) {
				lacks = append(lacks, "what "+op.Name+" does with "+field.Name)
			}
		}
		for _, i := range op.Errors {
			code := dmsapi.Service.Errors[i].Code
			known[op.Name+" "+code] = true
			if arises := proved.seen[op.Name+" answers "+code]; arises == (unraised[op.Name+" "+code] != "") {
				lacks = append(lacks, fmt.Sprintf("whether %s answers %s (it did: %t)", op.Name, code, arises))
			}
		}
	}
	for _, exception := range slices.Concat(untaken, slices.Collect(maps.Keys(unraised))) {
		if !known[exception] {
			lacks = append(lacks, "what "+exception+" is")
		}
	}
	return lacks
}

// memberProved reports that a call was taken with a member; or refused, and none taken, with one that is refused always.
func memberProved(operation, member string) bool {
	taken := proved.seen[operation+" takes "+member]
	if slices.Contains(untaken, operation+" "+member) {
		return !taken && proved.seen[operation+" refuses "+member]
	}
	return taken
}

// untaken are the members that are refused whatever they say. A list that fits into one page has no marker to give.
var untaken = []string{
	"CreateReplicationInstance DnsNameServers", "CreateReplicationInstance KerberosAuthenticationSettings", "ModifyReplicationInstance KerberosAuthenticationSettings",
	"ImportCertificate CertificateWallet", "DescribeEndpointTypes Marker", "DescribeEngineVersions Marker",
	"DescribeEventCategories Filters", "DescribeApplicableIndividualAssessments ReplicationConfigArn",
}

// ofOtherEngines are the documents of engines that are not reached: they are ignored, as DMS ignores those of any other engine.
func ofOtherEngines(member string) bool {
	return strings.HasSuffix(member, "Settings") && member != "ExactSettings" && member != "KerberosAuthenticationSettings" &&
		!slices.ContainsFunc(engines, func(e engine) bool { return e.document == member })
}

// unraised says of errors that the model has why an operation does not answer them here. docs/api.md repeats it.
var unraised = map[string]string{
	"CancelReplicationTaskAssessmentRun AccessDeniedFault":              "what is cancelled needs no role",
	"CreateEndpoint InvalidResourceStateFault":                          "what it names has no state that forbids it; a key that is disabled is a KMSKeyNotAccessibleFault",
	"CreateEndpoint S3AccessDeniedFault":                                "what the role may do in its bucket is told by the test of a connection",
	"CreateEventSubscription KMSAccessDeniedFault":                      "topics are webhooks here, not encrypted by a key",
	"CreateEventSubscription KMSDisabledFault":                          "topics are webhooks here, not encrypted by a key",
	"CreateEventSubscription KMSInvalidStateFault":                      "topics are webhooks here, not encrypted by a key",
	"CreateEventSubscription KMSNotFoundFault":                          "topics are webhooks here, not encrypted by a key",
	"CreateEventSubscription KMSThrottlingFault":                        "topics are webhooks here, not encrypted by a key",
	"CreateEventSubscription SNSNoAuthorizationFault":                   "what a webhook lets be sent shows when something is: the subscription is no-permission then",
	"CreateReplicationInstance InvalidResourceStateFault":               "what it names has no state that forbids it; a key that is disabled is a KMSKeyNotAccessibleFault",
	"CreateReplicationSubnetGroup ResourceNotFoundFault":                "a subnet that is not there is an InvalidSubnet",
	"DeleteConnection AccessDeniedFault":                                "no role is needed to forget a test",
	"DeleteConnection InvalidResourceStateFault":                        "a connection can be forgotten at any time: what a test under way finds is not taken, and tasks that run go on",
	"DeleteEventSubscription AccessDeniedFault":                         "no role is used; policies deny with AccessDeniedException",
	"DeleteEventSubscription InvalidResourceStateFault":                 "a subscription can be deleted in every state that it shows",
	"DeleteReplicationSubnetGroup AccessDeniedFault":                    "no role is needed: nothing changes in the network",
	"DeleteReplicationTaskAssessmentRun AccessDeniedFault":              "what is deleted needs no role",
	"DescribeApplicableIndividualAssessments AccessDeniedFault":         "no role is used; policies deny with AccessDeniedException",
	"DescribeApplicableIndividualAssessments InvalidResourceStateFault": "names apply whatever state the task is in",
	"DescribeReplicationSubnetGroups ResourceNotFoundFault":             "a filter without a match answers an empty list, as in AWS",
	"DescribeTableStatistics AccessDeniedFault":                         "statistics lie on the instance; no role is needed",
	"ListTagsForResource InvalidResourceStateFault":                     "tags are read in every state",
	"ModifyEventSubscription AccessDeniedFault":                         "no role is used; policies deny with AccessDeniedException",
	"ModifyEventSubscription KMSAccessDeniedFault":                      "topics are webhooks here, not encrypted by a key",
	"ModifyEventSubscription KMSDisabledFault":                          "topics are webhooks here, not encrypted by a key",
	"ModifyEventSubscription KMSInvalidStateFault":                      "topics are webhooks here, not encrypted by a key",
	"ModifyEventSubscription KMSNotFoundFault":                          "topics are webhooks here, not encrypted by a key",
	"ModifyEventSubscription KMSThrottlingFault":                        "topics are webhooks here, not encrypted by a key",
	"ModifyEventSubscription ResourceQuotaExceededFault":                "a modification makes no more of anything",
	"ModifyEventSubscription SNSNoAuthorizationFault":                   "what a webhook lets be sent shows when something is: the subscription is no-permission then",
	"ModifyReplicationInstance UpgradeDependencyFailureFault":           "versions are names: no upgrade depends on another",
	"RefreshSchemas ResourceQuotaExceededFault":                         "a list of schemas counts against no quota",
	"StartReplicationTaskAssessmentRun KMSKeyNotAccessibleFault":        "which of the five other faults of KMS it is, is told",
	"TestConnection AccessDeniedFault":                                  "a role that is in the way is a failed test, and LastFailureMessage names it",
}

var updateReasons = flag.Bool("update-reasons", false, "rewrite the table of errors that do not arise in docs/api.md")

const operationsPage = "../../../docs/api.md"

// TestAPIPageSaysWhichErrorsDoNotArise holds the table in docs/api.md to that which a whole run of the tests is held to.
func TestAPIPageSaysWhichErrorsDoNotArise(t *testing.T) {
	t.Parallel()
	const begin, end = "<!-- table: errors that do not arise -->\n", "<!-- end -->"
	raw, err := os.ReadFile(operationsPage)
	require.NoError(t, err)
	head, rest, ok := strings.Cut(string(raw), begin)
	require.True(t, ok)
	_, tail, ok := strings.Cut(rest, end)
	require.True(t, ok)
	table := "| operation | error | why |\n| --- | --- | --- |\n"
	for _, what := range slices.Sorted(maps.Keys(unraised)) {
		operation, code, _ := strings.Cut(what, " ")
		table += fmt.Sprintf("| %s | %s | %s |\n", operation, code, unraised[what])
	}
	page := head + begin + table + end + tail
	if *updateReasons {
		require.NoError(t, os.WriteFile(operationsPage, []byte(page), 0o600))
		return
	}
	require.Equal(t, page, string(raw), "run go test ./internal/service/dms -run WhichErrorsDoNotArise -update-reasons")
}
