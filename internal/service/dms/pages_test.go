package dms

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/edge/wire"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/instance"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

type document = map[string]any

// walk is an operation that answers in pages.
type walk struct {
	list, key string            // the member of the answer, and the member that tells its items apart; none of texts
	with      document          // what the operation needs beside
	filters   map[string]string // every documented one, with a value that some have and others have not
	missing   string            // what a filter without a match is answered; nothing: an empty list
	most      int
	change    func(i int) // has number i be there, or not if it is negative; nil where nothing comes or goes
}

// called calls an operation with a document, and answers one.
func (b *taskBench) called(t taskFailer, name string, with ...document) (document, *wire.Error) {
	t.Helper()
	all := document{}
	for _, d := range with {
		for k, v := range d {
			all[k] = v
		}
	}
	text, err := json.Marshal(all)
	require.NoError(t, err)
	op := dmsapi.Service.Operation(name)
	in := service.NewInput(op)
	require.NoError(t, dmsapi.Service.DecodeNamed(op, text, in), "%s %s", name, text)
	out, refused := b.call(t, name, in)
	if refused != nil {
		return nil, refused
	}
	answer := document{}
	require.NoError(t, json.Unmarshal(dmsapi.Service.AppendShapeJSON(nil, dmsapi.Service.Shapes[op.Output].Name, out), &answer))
	return answer, nil
}

// keys lists what a page has.
func (w *walk) keys(answer document) (all []string) {
	items, _ := answer[w.list].([]any)
	for _, item := range items {
		if w.key == "" {
			all = append(all, item.(string))
			continue
		}
		key := ""
		for name := range strings.SplitSeq(w.key, " ") {
			key += fmt.Sprint(item.(document)[name]) + " "
		}
		all = append(all, key)
	}
	return all
}

// crowd is how many of a kind there are throughout a walk: no multiple of a page.
const crowd = 107

// had writes the records of number i, or removes them.
func (b *taskBench) had(t taskFailer, i int, records map[string]any) {
	t.Helper()
	_, err := b.Store.Update(context.Background(), func(tx store.Tx) error {
		for key, v := range records {
			if i < 0 {
				tx.Delete(key)
			} else if name, is := v.(string); is {
				tx.Put(key, []byte(name))
			} else if err := store.Write(tx, key, v); err != nil {
				return err
			}
		}
		return nil
	})
	require.NoError(t, err)
}

// pages are the operations that page, over a bench that has a crowd of everything.
func (b *taskBench) pages(t taskFailer) map[string]*walk {
	day := time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC)
	record := func(of func(id string, odd bool) map[string]any) func(int) {
		return func(i int) { // the order of identifiers is not that of numbers
			n := max(i, -i)
			b.had(t, i, of(fmt.Sprintf("N%03d", n*37%1000), n%2 == 1))
		}
	}
	either := func(odd bool, one, other string) string {
		if odd {
			return one
		}
		return other
	}
	arn := func(k kind, id string) string { return b.arn(k, id) }
	const no = "ResourceNotFoundFault"
	all := map[string]*walk{
		"DescribeReplicationInstances": {list: "ReplicationInstances", key: "ReplicationInstanceArn", missing: no,
			filters: map[string]string{"replication-instance-arn": arn(instances, "N037"), "replication-instance-id": "n037", "replication-instance-class": "dms.t3.small", "engine-version": "3.5.3"},
			change: record(func(id string, odd bool) map[string]any {
				return map[string]any{instances.keys() + id: Instance{ID: id, Name: strings.ToLower(id), Status: instanceAvailable, SubnetGroup: "g", Class: either(odd, "dms.t3.small", "dms.t3.large"), EngineVersion: either(odd, "3.5.3", "3.5.4")}}
			})},
		"DescribePendingMaintenanceActions": {list: "PendingMaintenanceActions", key: "ResourceIdentifier",
			filters: map[string]string{"replication-instance-arn": arn(instances, "N037"), "replication-instance-id": "n037"}},
		"DescribeReplicationSubnetGroups": {list: "ReplicationSubnetGroups", key: "ReplicationSubnetGroupIdentifier", filters: map[string]string{"replication-subnet-group-id": "N037"},
			change: record(func(id string, _ bool) map[string]any {
				return map[string]any{subnetGroups.keys() + strings.ToLower(id): SubnetGroup{Name: strings.ToLower(id)}}
			})},
		"DescribeEndpoints": {list: "Endpoints", key: "EndpointArn", missing: no,
			filters: map[string]string{"endpoint-arn": arn(endpoints, "N037"), "endpoint-id": "N037", "endpoint-type": "source", "engine-name": "postgres"},
			change: record(func(id string, odd bool) map[string]any {
				return map[string]any{endpoints.keys() + id: Endpoint{ID: id, Name: strings.ToLower(id), Type: either(odd, "source", "target"), Engine: either(odd, "postgres", "mysql"), Status: "active"},
					endpoints.names() + strings.ToLower(id): id}
			})},
		"DescribeCertificates": {list: "Certificates", key: "CertificateArn", missing: no, filters: map[string]string{"certificate-arn": arn(certificates, "N037"), "certificate-id": "N037"},
			change: record(func(id string, _ bool) map[string]any {
				return map[string]any{certificates.keys() + id: Certificate{ID: id, Name: strings.ToLower(id)}}
			})},
		"DescribeConnections": {list: "Connections", key: "EndpointArn ReplicationInstanceArn", missing: no, filters: map[string]string{"endpoint-arn": arn(endpoints, "N037"), "replication-instance-arn": arn(instances, "C1")},
			change: record(func(id string, odd bool) map[string]any {
				return map[string]any{connectionKey(either(odd, "C1", "C2"), id): Connection{Instance: either(odd, "C1", "C2"), Endpoint: id, Status: successful}}
			})},
		"DescribeEventSubscriptions": {list: "EventSubscriptionsList", key: "CustSubscriptionId", missing: no, filters: map[string]string{"event-subscription-arn": arn(subs, "N037"), "event-subscription-id": "N037"},
			change: record(func(id string, _ bool) map[string]any {
				return map[string]any{subs.keys() + id: Subscription{Name: id, Topic: "https://x", Status: subscriptionActive}}
			})},
		"DescribeReplicationTasks": {list: "ReplicationTasks", key: "ReplicationTaskArn", missing: no, with: document{"WithoutSettings": true},
			filters: map[string]string{"replication-task-arn": arn(tasks, "N037"), "replication-task-id": "N037", "migration-type": fullLoad, "endpoint-arn": arn(endpoints, "S"), "replication-instance-arn": arn(instances, "I2")},
			change: record(func(id string, odd bool) map[string]any {
				return map[string]any{tasks.keys() + id: Task{ID: id, Name: id, Status: taskReady, MigrationType: either(odd, fullLoad, onlyChanges), Source: either(odd, "S", "S2"), Target: "T", Instance: either(odd, "I1", "I2")},
					tasks.names() + id: id}
			})},
		"DescribeReplicationInstanceTaskLogs": {list: "ReplicationInstanceTaskLogs", key: "ReplicationTaskArn", with: document{"ReplicationInstanceArn": arn(instances, "I1")}},
		"DescribeTableStatistics": {list: "TableStatistics", key: "SchemaName TableName", with: document{"ReplicationTaskArn": arn(tasks, "RUN")}, most: mostStats,
			filters: map[string]string{"schema-name": "odd", "table-name": "T001", "table-state": "Full load"}},
		"DescribeSchemas": {list: "Schemas", with: document{"EndpointArn": arn(endpoints, "S")}},
		"DescribeEvents": {list: "Events", key: "Date Message", with: document{"StartTime": day.Unix(), "EndTime": day.Add(24 * time.Hour).Unix()}, filters: map[string]string{"replication-instance-id": "N001"},
			change: func(i int) {
				n := max(i, -i)
				at := day.Add(time.Duration(n*37%1000) * time.Minute)
				b.had(t, i, map[string]any{eventKey(at): Event{At: at, Source: fmt.Sprintf("n%03d", n), SourceType: sourceInstance, Categories: []string{categoryCreation}, Message: fmt.Sprint(n)}})
			}},
		"DescribeReplicationTaskAssessmentRuns": {list: "ReplicationTaskAssessmentRuns", key: "ReplicationTaskAssessmentRunArn", missing: no,
			filters: map[string]string{"replication-task-assessment-run-arn": arn(assessmentRuns, "N037"), "replication-task-arn": arn(tasks, "RUN"), "replication-instance-arn": arn(instances, "I1"), "status": "passed"},
			change: record(func(id string, odd bool) map[string]any {
				return map[string]any{assessmentRuns.keys() + id: AssessmentRun{ID: id, Name: id, Task: either(odd, "RUN", "N002"), Instance: either(odd, "I1", "I2"), Status: either(odd, "passed", "failed")}}
			})},
		"DescribeReplicationTaskIndividualAssessments": {list: "ReplicationTaskIndividualAssessments", key: "ReplicationTaskIndividualAssessmentArn", missing: no,
			filters: map[string]string{"replication-task-assessment-run-arn": arn(assessmentRuns, "R1"), "replication-task-arn": arn(tasks, "RUN"), "status": "passed"},
			change: record(func(id string, odd bool) map[string]any {
				run := either(odd, "R1", "R2")
				return map[string]any{individualsOf(run) + id: Individual{ID: run + "I" + id, Run: run, Task: either(odd, "RUN", "N002"), Status: either(odd, "passed", "failed")}}
			})},
		"DescribeReplicationTaskAssessmentResults": {list: "ReplicationTaskAssessmentResults", key: "ReplicationTaskIdentifier",
			change: record(func(id string, _ bool) map[string]any {
				return map[string]any{assessmentRuns.keys() + "T" + id: AssessmentRun{ID: "T" + id, TaskName: id, Types: true, Task: id, Created: day}}
			})},
		"DescribeApplicableIndividualAssessments": {list: "IndividualAssessmentNames"},
		"DescribeEndpointSettings":                {list: "EndpointSettings", key: "Name Applicability", with: document{"EngineName": "postgres"}},
		"DescribeEndpointTypes":                   {list: "SupportedEndpointTypes", key: "EngineName EndpointType", filters: map[string]string{"engine-name": "mysql", "endpoint-type": "source"}},
		"DescribeOrderableReplicationInstances":   {list: "OrderableReplicationInstances", key: "EngineVersion ReplicationInstanceClass"},
		"DescribeEngineVersions":                  {list: "EngineVersions", key: "Version"},
	}
	return all
}

// crowded is a bench with a crowd of everything that there are pages of.
func crowded(t *testing.T) (*taskBench, map[string]*walk) {
	t.Helper()
	b := newTaskBench(t, taskStore(t), 1)
	b.world.slow = 0
	b.furnish(t, nil)
	all := b.pages(t)
	for _, w := range all {
		for i := 1; i <= crowd && w.change != nil; i++ {
			w.change(i)
		}
		if w.most == 0 {
			w.most = most
		}
	}
	b.put(t, endpoints.keys()+"S2", Endpoint{ID: "S2", Name: "s2", Type: "source", Engine: "postgres", Status: "active"})
	names := make([]string, crowd)
	for i := range names {
		names[i] = fmt.Sprintf("schema%03d", i*37%crowd)
	}
	b.put(t, schemasKey("S"), Schemas{Endpoint: "S", Status: successful, Names: names})
	for _, run := range []string{"R1", "R2"} {
		b.put(t, assessmentRuns.keys()+run, AssessmentRun{ID: run, Name: run, Task: "RUN", Status: "warning"})
	}
	b.put(t, tasks.keys()+"RUN", Task{ID: "RUN", Name: "run", Status: taskStopped, Runs: 1, MigrationType: fullLoadAndCDC, Source: "S2", Target: "T", Instance: "I1"})
	b.world.Want(instance.Spec{ID: "I1", Boot: 1})
	b.awaitUp(t, "I1")
	b.world.mu.Lock()
	defer b.world.mu.Unlock()
	for i := range crowd {
		table := instance.Table{Schema: []string{"even", "odd"}[i%2], Name: fmt.Sprintf("T%03d", i), State: []string{"Table completed", "Full load"}[i%2]}
		b.world.instances["I1"].disk["RUN"] = append(b.world.instances["I1"].disk["RUN"], table)
	}
	return b, all
}

// TestEveryPagedOperationIsWalked holds the table of these tests to the model.
func TestEveryPagedOperationIsWalked(t *testing.T) {
	t.Parallel()
	b := newTaskBench(t, taskStore(t), 1)
	all := b.pages(t)
	for i := range dmsapi.Service.Operations {
		op := &dmsapi.Service.Operations[i]
		if !b.api.Serves(op.Name) || op.Input < 0 {
			continue
		}
		has := func(name string) bool {
			return slices.ContainsFunc(dmsapi.Service.Shapes[op.Input].Members, func(m wire.Member) bool { return m.Name == name })
		}
		w := all[op.Name]
		require.Equal(t, has("Marker"), w != nil, op.Name)
		if w != nil {
			require.Equal(t, has("Filters"), len(w.filters) > 0, op.Name)
		}
	}
}

// walked goes through all pages of an operation, and has between do something after each.
func (b *taskBench) walked(t taskFailer, name string, w *walk, size int, between func(page int)) (seen []string) {
	t.Helper()
	with := document{"MaxRecords": size}
	for page := 0; ; page++ {
		answer, err := b.called(t, name, w.with, with)
		require.Nil(t, err, name)
		got := w.keys(answer)
		require.LessOrEqual(t, len(got), size, name)
		seen = append(seen, got...)
		if answer["Marker"] == nil {
			return seen
		}
		require.Len(t, got, size, "%s: a page that is not the last is full", name)
		with["Marker"] = answer["Marker"]
		between(page)
	}
}

// TestPages walks every operation that answers in pages, while others of the kind come and go: what is there all the time is
// seen once, and nothing twice.
func TestPages(t *testing.T) {
	t.Parallel()
	b, all := crowded(t)
	for name, w := range all {
		calm := b.walked(t, name, w, w.most, func(int) {})
		require.NotEmpty(t, calm, name)
		if w.change != nil {
			require.GreaterOrEqual(t, len(calm), crowd, name)
		}
		for _, size := range []int{20, 33, 100} {
			for _, coming := range []bool{true, false} {
				seen := b.walked(t, name, w, size, func(page int) {
					for n := crowd + 1 + 10*page; w.change != nil && n <= crowd+10+10*page; n++ {
						if coming {
							w.change(n)
						} else {
							w.change(-n)
						}
					}
				})
				slices.Sort(seen)
				require.Len(t, slices.Compact(slices.Clone(seen)), len(seen), "%s: something was shown twice", name)
				for _, key := range calm {
					require.Contains(t, seen, key, "%s in pages of %d", name, size)
				}
			}
		}
	}
}

// TestMarkersAndSizes: a marker is of one operation, a page of 20 to 100.
func TestMarkersAndSizes(t *testing.T) {
	t.Parallel()
	b, all := crowded(t)
	markers := map[string]any{}
	for name, w := range all {
		if answer, err := b.called(t, name, w.with, document{"MaxRecords": 20}); err == nil && answer["Marker"] != nil {
			markers[name] = answer["Marker"]
		}
		for _, size := range []int{-1, 19, w.most + 1} {
			_, err := b.called(t, name, w.with, document{"MaxRecords": size})
			require.NotNil(t, err, name)
			require.Equal(t, "InvalidParameterValueException", err.Code, name)
			require.Contains(t, err.Message, fmt.Sprintf("between 20 and %d", w.most), name)
		}
	}
	require.Greater(t, len(markers), 15, "operations with more than a page")
	for name, w := range all {
		for of, marker := range markers {
			_, err := b.called(t, name, w.with, document{"Marker": marker})
			if of == name {
				require.Nil(t, err, name)
				continue
			}
			require.NotNil(t, err, "%s takes a marker of %s", name, of)
			require.Equal(t, "InvalidParameterValueException", err.Code, name)
			require.Equal(t, "Invalid Marker: it is not one that "+name+" has answered.", err.Message)
		}
		for _, garbage := range []string{"!", "2", "ZG1z", strings.Repeat("A", 4000), "dms/task/N001"} {
			_, err := b.called(t, name, w.with, document{"Marker": garbage})
			require.NotNil(t, err, "%s takes the marker %s", name, garbage)
			require.Equal(t, "InvalidParameterValueException", err.Code, name)
		}
	}
}

func filtered(filters ...any) document {
	var all []document
	for i := 0; i < len(filters); i += 2 {
		all = append(all, document{"Name": filters[i], "Values": filters[i+1]})
	}
	return document{"Filters": all}
}

// TestFilters: each documented filter leaves some and not all, values are alternatives, filters of several names all hold, and
// unknown ones are refused.
func TestFilters(t *testing.T) {
	t.Parallel()
	b, all := crowded(t)
	for name, w := range all {
		if len(w.filters) == 0 {
			continue
		}
		whole := b.walked(t, name, w, w.most, func(int) {})
		for filter, has := range w.filters {
			one := *w
			pick := func(filters ...any) []string {
				one.with = document{}
				for _, d := range []document{w.with, filtered(filters...)} {
					for k, v := range d {
						one.with[k] = v
					}
				}
				if _, err := b.called(t, name, one.with); err != nil {
					require.Equal(t, w.missing, err.Code, name)
					return nil
				}
				return b.walked(t, name, &one, one.most, func(int) {})
			}
			some := pick(filter, []string{has})
			require.NotEmpty(t, some, "%s by %s", name, filter)
			require.Less(t, len(some), len(whole), "%s by %s", name, filter)
			require.Equal(t, some, pick(filter, []string{"no-such", has}), "%s by one of two values of %s", name, filter)
			for other, value := range w.filters {
				both := pick(filter, []string{has}, other, []string{value})
				require.Subset(t, some, both, "%s by %s and %s", name, filter, other)
				require.Subset(t, pick(other, []string{value}), both, "%s by %s and %s", name, filter, other)
			}
			answer, err := b.called(t, name, w.with, filtered(filter, []string{"no-such"}))
			if w.missing == "" {
				require.Nil(t, err, name)
				require.Empty(t, w.keys(answer), "%s by %s", name, filter)
			} else {
				require.NotNil(t, err, "%s by %s", name, filter)
				require.Equal(t, w.missing, err.Code, name)
			}
			_, err = b.called(t, name, w.with, filtered(filter, []string{}))
			require.NotNil(t, err, name)
			require.Equal(t, "InvalidParameterValueException", err.Code, name)
		}
		_, err := b.called(t, name, w.with, filtered("colour", []string{"green"}))
		require.NotNil(t, err, name)
		require.Equal(t, "InvalidParameterValueException", err.Code, name)
		require.Contains(t, err.Message, "Invalid filter name: colour", name)
		for filter := range w.filters {
			require.Contains(t, err.Message, filter, name)
		}
	}
}
