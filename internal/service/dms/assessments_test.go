package dms

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/assess"
	"github.com/whimbreldb/whimbrel/internal/bucket"
	"github.com/whimbreldb/whimbrel/internal/edge/wire"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/instance"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// assessBench is a bench with a task that is ready, and a folder of buckets.
func assessBench(t *testing.T, settings map[string]string) (b *taskBench, dir string) {
	t.Helper()
	b = newTaskBench(t, taskStore(t), 1)
	dir = t.TempDir()
	b.Results = bucket.Folder(dir)
	b.furnish(t, settings)
	b.control()
	t.Cleanup(func() { b.stop() })
	b.create(t, "k", fullLoadAndCDC)
	b.await(t, "k", taskReady)
	return b, dir
}

func (b *taskBench) assess(t taskFailer, name string, change func(*dmsapi.StartReplicationTaskAssessmentRunMessage)) (*dmsapi.ReplicationTaskAssessmentRun, *wire.Error) {
	in := &dmsapi.StartReplicationTaskAssessmentRunMessage{
		ReplicationTaskArn: new(b.arn(tasks, "k")), AssessmentRunName: &name, ResultLocationBucket: new("results"), ResultLocationFolder: new("runs/" + name),
		ServiceAccessRoleArn: new("arn:aws:iam::111122223333:role/assess"),
	}
	if change != nil {
		change(in)
	}
	out, err := taskCall[dmsapi.StartReplicationTaskAssessmentRunResponse](t, b, "StartReplicationTaskAssessmentRun", in)
	if err != nil {
		return nil, err
	}
	return out.ReplicationTaskAssessmentRun, nil
}

func (b *taskBench) assessmentRun(t taskFailer, arn string) *dmsapi.ReplicationTaskAssessmentRun {
	t.Helper()
	out, err := taskCall[dmsapi.DescribeReplicationTaskAssessmentRunsResponse](t, b, "DescribeReplicationTaskAssessmentRuns", &dmsapi.DescribeReplicationTaskAssessmentRunsMessage{
		Filters: []dmsapi.Filter{{Name: new("replication-task-assessment-run-arn"), Values: []string{arn}}}})
	if err != nil {
		require.Equal(t, "ResourceNotFoundFault", err.Code)
		return nil
	}
	require.Len(t, out.ReplicationTaskAssessmentRuns, 1)
	return &out.ReplicationTaskAssessmentRuns[0]
}

func (b *taskBench) awaitRun(t taskFailer, arn string, statuses ...string) *dmsapi.ReplicationTaskAssessmentRun {
	t.Helper()
	var last string
	for deadline := time.Now().Add(2 * patient); time.Now().Before(deadline); pause(time.Millisecond) {
		r := b.assessmentRun(t, arn)
		if last = ""; r != nil {
			last = *r.Status
		}
		for _, want := range statuses {
			if last == want && (r == nil || r.ResultStatistic != nil || want == runRunning) {
				return r
			}
		}
	}
	require.Fail(t, "waited in vain", "for %v, the run is %s", statuses, last)
	return nil
}

func (b *taskBench) individuals(t taskFailer, arn string) map[string]string {
	t.Helper()
	all := map[string]string{}
	for in := (&dmsapi.DescribeReplicationTaskIndividualAssessmentsMessage{MaxRecords: new(int64(20)), Filters: []dmsapi.Filter{{Name: new("replication-task-assessment-run-arn"), Values: []string{arn}}}}); ; {
		out, err := taskCall[dmsapi.DescribeReplicationTaskIndividualAssessmentsResponse](t, b, "DescribeReplicationTaskIndividualAssessments", in)
		require.Nil(t, err)
		for _, i := range out.ReplicationTaskIndividualAssessments {
			require.NotContains(t, all, *i.IndividualAssessmentName, "every assessment once")
			all[*i.IndividualAssessmentName] = *i.Status
		}
		if in.Marker = out.Marker; in.Marker == nil {
			return all
		}
	}
}

func TestAssessmentRun(t *testing.T) {
	b, dir := assessBench(t, map[string]string{"postgres-check-wallevel": "failed", "postgres-check-pk": "warning"})
	r, refused := b.assess(t, "first", nil)
	require.Nil(t, refused)
	require.Equal(t, runStarting, *r.Status)
	require.True(t, *r.IsLatestTaskAssessmentRun)
	require.Nil(t, r.ResultStatistic)
	arn := *r.ReplicationTaskAssessmentRunArn
	r = b.awaitRun(t, arn, string(assess.Failed))
	names := assess.Applicable(assess.Kind{Source: "postgres", Target: "mysql", Type: fullLoadAndCDC})
	require.Greater(t, len(names), 20)
	require.Equal(t, int64(len(names)), *r.AssessmentProgress.IndividualAssessmentCount)
	require.Equal(t, int64(len(names)), *r.AssessmentProgress.IndividualAssessmentCompletedCount)
	require.Equal(t, int64(len(names)-2), *r.ResultStatistic.Passed)
	require.Equal(t, [5]int64{1, 1, 0, 0, 0}, [5]int64{*r.ResultStatistic.Failed, *r.ResultStatistic.Warning, *r.ResultStatistic.Error, *r.ResultStatistic.Skipped, *r.ResultStatistic.Cancelled})
	require.Equal(t, "postgres-check-wallevel: public.t1: it is so", *r.LastFailureMessage)
	require.Equal(t, taskReady, *b.describe(t, "k").Status, "what it was before")
	each := b.individuals(t, arn)
	require.Len(t, each, len(names))
	require.Equal(t, "failed", each["postgres-check-wallevel"])
	require.Equal(t, "warning", each["postgres-check-pk"])

	status, findings, err := b.AssessmentFindings(t.Context(), *r.ReplicationTaskArn, arn)
	require.NoError(t, err)
	require.Equal(t, "failed", status)
	require.Len(t, findings, len(names))
	for _, one := range findings {
		require.Equal(t, each[one.Name], one.Status)
		if one.Status != "passed" {
			require.Equal(t, []instance.AssessedObject{{Status: one.Status, Object: "public.t1", Reason: "it is so", Mend: "ALTER TABLE t1"}}, one.Findings)
		}
	}
	_, _, err = b.AssessmentFindings(t.Context(), *r.ReplicationTaskArn, arn+"X")
	require.ErrorContains(t, err, "not found")

	var sum summaryReport
	raw, err := os.ReadFile(filepath.Join(dir, "results", "runs", "first", "summary.json"))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(raw, &sum))
	require.Equal(t, "failed", sum.Status)
	require.Len(t, sum.Assessments, len(names))
	for _, line := range sum.Assessments {
		var one individualReport
		raw, err := os.ReadFile(filepath.Join(dir, "results", "runs", "first", line.File))
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(raw, &one))
		require.Equal(t, each[one.Name], one.Status)
		if one.Status != "passed" {
			require.Equal(t, []objectReport{{Status: one.Status, Object: "public.t1", Reason: "it is so", Mend: "ALTER TABLE t1"}}, one.Findings)
		}
	}
	require.Subset(t, b.events(t, "k"), []string{"Premigration assessment run started for the replication task.", "Premigration assessment run failed."})

	only := []string{"postgres-check-pk", "all-check-target-read-replica"}
	second, refused := b.assess(t, "second", func(in *dmsapi.StartReplicationTaskAssessmentRunMessage) { in.IncludeOnly = only })
	require.Nil(t, refused)
	b.awaitRun(t, *second.ReplicationTaskAssessmentRunArn, string(assess.Warning))
	require.Len(t, b.individuals(t, *second.ReplicationTaskAssessmentRunArn), 2)
	require.False(t, *b.assessmentRun(t, arn).IsLatestTaskAssessmentRun)
	third, refused := b.assess(t, "third", func(in *dmsapi.StartReplicationTaskAssessmentRunMessage) {
		in.Exclude = []string{"postgres-check-wallevel", "postgres-check-pk"}
	})
	require.Nil(t, refused)
	b.awaitRun(t, *third.ReplicationTaskAssessmentRunArn, string(assess.Passed))
	require.Len(t, b.individuals(t, *third.ReplicationTaskAssessmentRunArn), len(names)-2)

	// The latest goes, and the one before it is the latest again; its name is free.
	gone, refused := taskCall[dmsapi.DeleteReplicationTaskAssessmentRunResponse](t, b, "DeleteReplicationTaskAssessmentRun", &dmsapi.DeleteReplicationTaskAssessmentRunMessage{ReplicationTaskAssessmentRunArn: third.ReplicationTaskAssessmentRunArn})
	require.Nil(t, refused)
	require.Equal(t, runDeleting, *gone.ReplicationTaskAssessmentRun.Status)
	b.awaitRun(t, *third.ReplicationTaskAssessmentRunArn, "")
	require.True(t, *b.assessmentRun(t, *second.ReplicationTaskAssessmentRunArn).IsLatestTaskAssessmentRun)
	require.FileExists(t, filepath.Join(dir, "results", "runs", "third", "summary.json"), "what lies in the bucket stays")
	_, refused = b.assess(t, "second", nil)
	require.Equal(t, "ResourceAlreadyExistsFault", refused.Code)

	require.Nil(t, b.delete(t, "k"))
	b.await(t, "k", "")
	for _, k := range []kind{assessmentRuns, individuals} {
		for _, prefix := range []string{k.keys(), k.names()} {
			page, err := b.Store.List(context.Background(), store.Range{Prefix: prefix})
			require.NoError(t, err)
			require.Empty(t, page.Items, "the task's runs go with it")
		}
	}
}

func TestAssessmentRunIsCancelled(t *testing.T) {
	b, _ := assessBench(t, nil)
	b.world.mu.Lock()
	b.world.holds = true
	b.world.mu.Unlock()
	r, refused := b.assess(t, "long", nil)
	require.Nil(t, refused)
	arn := r.ReplicationTaskAssessmentRunArn
	b.awaitRun(t, *arn, runRunning)
	require.Eventually(t, func() bool {
		for _, status := range b.individuals(t, *arn) {
			if status == individualRuns {
				return true
			}
		}
		return false
	}, 2*patient, time.Millisecond, "the one under way is running, the others are pending")
	require.Equal(t, taskTesting, *b.describe(t, "k").Status)
	require.Equal(t, "InvalidResourceStateFault", b.start(t, "k", WishFresh).Code)
	require.Equal(t, "InvalidResourceStateFault", b.delete(t, "k").Code)
	_, refused = b.assess(t, "another", nil)
	require.Equal(t, "InvalidResourceStateFault", refused.Code)
	_, refused = taskCall[dmsapi.DeleteReplicationTaskAssessmentRunResponse](t, b, "DeleteReplicationTaskAssessmentRun", &dmsapi.DeleteReplicationTaskAssessmentRunMessage{ReplicationTaskAssessmentRunArn: arn})
	require.Equal(t, "InvalidResourceStateFault", refused.Code, "it runs")
	_, refused = taskCall[dmsapi.CancelReplicationTaskAssessmentRunResponse](t, b, "CancelReplicationTaskAssessmentRun", &dmsapi.CancelReplicationTaskAssessmentRunMessage{ReplicationTaskAssessmentRunArn: arn})
	require.Nil(t, refused)
	r = b.awaitRun(t, *arn, runCancelling)
	require.Equal(t, *r.AssessmentProgress.IndividualAssessmentCount, *r.ResultStatistic.Cancelled)
	b.await(t, "k", taskReady)
	_, refused = taskCall[dmsapi.CancelReplicationTaskAssessmentRunResponse](t, b, "CancelReplicationTaskAssessmentRun", &dmsapi.CancelReplicationTaskAssessmentRunMessage{ReplicationTaskAssessmentRunArn: arn})
	require.Equal(t, "InvalidResourceStateFault", refused.Code, "it is over")
	_, refused = taskCall[dmsapi.DeleteReplicationTaskAssessmentRunResponse](t, b, "DeleteReplicationTaskAssessmentRun", &dmsapi.DeleteReplicationTaskAssessmentRunMessage{ReplicationTaskAssessmentRunArn: arn})
	require.Nil(t, refused)
	b.awaitRun(t, *arn, "")
}

// TestAssessmentRunOutlivesEverything ends controllers, the server and the instance in mid-run: in the end every assessment
// has been made, and those that were written down before were not made again.
func TestAssessmentRunOutlivesEverything(t *testing.T) {
	b, dir := assessBench(t, map[string]string{"postgres-check-wallevel": "warning"})
	b.world.mu.Lock()
	b.world.lossy = 0.05
	b.world.mu.Unlock()
	r, refused := b.assess(t, "hard", nil)
	require.Nil(t, refused)
	arn := *r.ReplicationTaskAssessmentRunArn
	before := map[string]int{}
	for round := range 6 {
		want := int64(3 * (round + 1))
		require.Eventually(t, func() bool {
			r := b.assessmentRun(t, arn)
			return *r.AssessmentProgress.IndividualAssessmentCompletedCount >= want || r.ResultStatistic != nil
		}, 2*patient, time.Millisecond)
		switch round % 3 {
		case 0:
			b.world.kill("I1")
		case 1:
			b.stop()
			b.world.restart()
		case 2:
			b.stop()
		}
		for name, status := range b.individuals(t, arn) {
			if status == "passed" || status == "warning" {
				b.world.mu.Lock()
				before[name] = max(before[name], b.world.assessed[name])
				b.world.mu.Unlock()
			}
		}
		if round%3 != 0 {
			b.control()
		}
	}
	r = b.awaitRun(t, arn, string(assess.Warning))
	require.Equal(t, *r.AssessmentProgress.IndividualAssessmentCount, *r.ResultStatistic.Passed+*r.ResultStatistic.Warning)
	require.Equal(t, int64(1), *r.ResultStatistic.Warning)
	require.FileExists(t, filepath.Join(dir, "results", "runs", "hard", "summary.json"))
	b.await(t, "k", taskReady)
	require.NotEmpty(t, before)
}

// broken is a store of buckets whose errors are made up.
type broken struct {
	bucket.Folder
	check, put error
}

func (f broken) Check(ctx context.Context, name string, seal bucket.Seal) error {
	if f.check != nil {
		return f.check
	}
	return f.Folder.Check(ctx, name, seal)
}

// sealing is a folder of a store that encrypts.
type sealing struct{ bucket.Folder }

func (f sealing) Check(ctx context.Context, name string, _ bucket.Seal) error {
	return f.Folder.Check(ctx, name, bucket.Seal{})
}

func (f broken) Put(ctx context.Context, o bucket.Object) error {
	if f.put != nil {
		return f.put
	}
	return f.Folder.Put(ctx, o)
}

func TestAssessmentRunIsChecked(t *testing.T) {
	b, dir := assessBench(t, nil)
	type in = dmsapi.StartReplicationTaskAssessmentRunMessage
	for name, c := range map[string]struct {
		change     func(*in)
		code, text string
	}{
		"both lists": {func(i *in) {
			i.IncludeOnly, i.Exclude = []string{"postgres-check-pk"}, []string{"postgres-check-wallevel"}
		}, "InvalidParameterCombinationException", "IncludeOnly and Exclude"},
		"unknown assessment":                  {func(i *in) { i.IncludeOnly = []string{"oracle-check-rac"} }, "InvalidParameterValueException", "oracle-check-rac"},
		"no bucket":                           {func(i *in) { i.ResultLocationBucket = new("No Bucket") }, "InvalidParameterValueException", "ResultLocationBucket"},
		"folder elsewhere":                    {func(i *in) { i.ResultLocationFolder = new("../../etc") }, "InvalidParameterValueException", "ResultLocationFolder"},
		"encryption unknown":                  {func(i *in) { i.ResultEncryptionMode = new("ROT13") }, "InvalidParameterValueException", "ResultEncryptionMode"},
		"encryption in vain":                  {func(i *in) { i.ResultEncryptionMode = new("SSE_KMS") }, "InvalidParameterCombinationException", "SSE_KMS needs an S3 store"},
		"encryption in vain, the store's own": {func(i *in) { i.ResultEncryptionMode = new("sse-s3") }, "InvalidParameterCombinationException", "SSE_S3 needs an S3 store"},
		"key without mode":                    {func(i *in) { i.ResultKmsKeyArn = new("arn:aws:kms:us-east-1:111122223333:key/k") }, "InvalidParameterCombinationException", "ResultKmsKeyArn"},
		"no such task":                        {func(i *in) { i.ReplicationTaskArn = new(b.arn(tasks, "nobody")) }, "ResourceNotFoundFault", "nobody"},
		"bad name":                            {func(i *in) { i.AssessmentRunName = new("-x") }, "InvalidParameterValueException", "AssessmentRunName"},
		"bad tag":                             {func(i *in) { i.Tags = []dmsapi.Tag{{Key: new("aws:x"), Value: new("y")}} }, "InvalidParameterValueException", "aws:x"},
	} {
		t.Run(name, func(t *testing.T) {
			_, refused := b.assess(t, "x", c.change)
			require.NotNil(t, refused)
			require.Equal(t, c.code, refused.Code, refused.Message)
			require.Contains(t, refused.Message, c.text)
			require.Equal(t, taskReady, *b.describe(t, "k").Status)
		})
	}
	for code, f := range map[string]broken{
		"S3ResourceNotFoundFault":   {check: errors.Join(bucket.ErrNoBucket, errors.New("404"))},
		"S3AccessDeniedFault":       {check: errors.Join(bucket.ErrDenied, errors.New("403"))},
		"InvalidResourceStateFault": {check: errors.New("no route to host")},
		"KMSNotFoundFault":          {check: errors.Join(bucket.ErrNoKey, errors.New("400 by this route"))},
		"KMSDisabledFault":          {check: errors.Join(bucket.ErrKeyDisabled, errors.New("400 by this route"))},
		"KMSInvalidStateFault":      {check: errors.Join(bucket.ErrKeyState, errors.New("400 by this route"))},
		"KMSAccessDeniedFault":      {check: errors.Join(bucket.ErrKeyDenied, errors.New("403 by this route"))},
		"KMSFault":                  {check: errors.Join(bucket.ErrKey, errors.New("400 by this route"))},
	} {
		b.Results = f
		_, refused := b.assess(t, "x", nil)
		require.NotNil(t, refused)
		require.Equal(t, code, refused.Code, refused.Message)
		require.NotContains(t, refused.Message, "route", "what the store says is for the log")
	}
	b.Results = nil
	_, refused := b.assess(t, "x", nil)
	require.Equal(t, "InvalidResourceStateFault", refused.Code)
	b.Results = bucket.Folder(dir)
	require.Empty(t, b.individualRecords(t))
	const key = "arn:aws:kms:us-east-1:111122223333:key/k"
	b.Results = sealing{bucket.Folder(dir)}
	run, refused := b.assess(t, "sealed", func(i *in) { i.ResultEncryptionMode, i.ResultKmsKeyArn = new("sse-kms"), new(key) })
	require.Nil(t, refused)
	require.Equal(t, []string{"SSE_KMS", key}, []string{*run.ResultEncryptionMode, *run.ResultKmsKeyArn})
}

func (b *taskBench) individualRecords(t taskFailer) (keys []string) {
	page, err := b.Store.List(context.Background(), store.Range{Prefix: individuals.keys()})
	require.NoError(t, err)
	for _, item := range page.Items {
		keys = append(keys, item.Key)
	}
	return keys
}

func TestAssessmentRunsThatCannotBeMade(t *testing.T) {
	for name, c := range map[string]struct {
		settings map[string]string
		status   string
		want     string
	}{
		"endpoint": {map[string]string{"reach": "the secret is gone"}, runNoProvision, "the secret is gone"},
		"database": {map[string]string{"assess": "connection refused"}, runNoExecution, "connection refused"},
	} {
		t.Run(name, func(t *testing.T) {
			b, _ := assessBench(t, c.settings)
			r, refused := b.assess(t, "x", nil)
			require.Nil(t, refused)
			r = b.awaitRun(t, *r.ReplicationTaskAssessmentRunArn, c.status)
			require.Equal(t, c.want, *r.LastFailureMessage)
			require.Equal(t, *r.AssessmentProgress.IndividualAssessmentCount, *r.ResultStatistic.Error)
			b.await(t, "k", taskReady)
		})
	}
}

func TestApplicableAssessments(t *testing.T) {
	b, _ := assessBench(t, nil)
	type in = dmsapi.DescribeApplicableIndividualAssessmentsMessage
	names := func(i *in) (all []string) {
		for {
			out, refused := taskCall[dmsapi.DescribeApplicableIndividualAssessmentsResponse](t, b, "DescribeApplicableIndividualAssessments", i)
			require.Nil(t, refused)
			all = append(all, out.IndividualAssessmentNames...)
			if i.Marker = out.Marker; i.Marker == nil {
				return all
			}
		}
	}
	of := names(&in{ReplicationTaskArn: new(b.arn(tasks, "k")), MaxRecords: new(int64(20))})
	require.ElementsMatch(t, assess.Applicable(assess.Kind{Source: "postgres", Target: "mysql", Type: fullLoadAndCDC}), of)
	model := in{ReplicationInstanceArn: new(b.arn(instances, "I1")), SourceEngineName: new("mariadb"), TargetEngineName: new("aurora-postgresql"), MigrationType: new(fullLoad)}
	modelled := model
	require.ElementsMatch(t, assess.Applicable(assess.Kind{Source: "mariadb", Target: "postgres", Type: fullLoad}), names(&modelled))
	all := names(&in{})
	require.Subset(t, all, of)
	require.Contains(t, all, "mariadb-check-views")
	for code, change := range map[string]func(*in){
		"InvalidParameterCombinationException": func(i *in) { i.MigrationType = nil },
		"InvalidParameterValueException":       func(i *in) { i.SourceEngineName = new("oracle") },
		"ResourceNotFoundFault":                func(i *in) { i.ReplicationInstanceArn = new(b.arn(instances, "nobody")) },
	} {
		i := model
		change(&i)
		_, refused := taskCall[dmsapi.DescribeApplicableIndividualAssessmentsResponse](t, b, "DescribeApplicableIndividualAssessments", &i)
		require.NotNil(t, refused)
		require.Equal(t, code, refused.Code)
	}
	_, refused := taskCall[dmsapi.DescribeApplicableIndividualAssessmentsResponse](t, b, "DescribeApplicableIndividualAssessments", &in{ReplicationConfigArn: new("arn:aws:dms:us-east-1:111122223333:replication-config:C")})
	require.NotNil(t, refused, "there are no serverless replications")
	require.Equal(t, "ResourceNotFoundFault", refused.Code)
}

// TestTypesAssessment makes the older kind of assessment, of data types alone.
func TestTypesAssessment(t *testing.T) {
	b, dir := assessBench(t, map[string]string{typesAssessment: "warning"})
	arn := new(b.arn(tasks, "k"))
	results := func() (*dmsapi.DescribeReplicationTaskAssessmentResultsResponse, *wire.Error) {
		return taskCall[dmsapi.DescribeReplicationTaskAssessmentResultsResponse](t, b, "DescribeReplicationTaskAssessmentResults", &dmsapi.DescribeReplicationTaskAssessmentResultsMessage{ReplicationTaskArn: arn})
	}
	_, refused := results()
	require.Equal(t, "ResourceNotFoundFault", refused.Code)
	for range 2 {
		started, refused := taskCall[dmsapi.StartReplicationTaskAssessmentResponse](t, b, "StartReplicationTaskAssessment", &dmsapi.StartReplicationTaskAssessmentMessage{ReplicationTaskArn: arn})
		require.Nil(t, refused)
		require.Equal(t, taskTesting, *started.ReplicationTask.Status)
		b.await(t, "k", taskReady)
	}
	out, refused := results()
	require.Nil(t, refused)
	require.Len(t, out.ReplicationTaskAssessmentResults, 1)
	one := out.ReplicationTaskAssessmentResults[0]
	require.Equal(t, "Issues found", *one.AssessmentStatus)
	var body typesResult
	require.NoError(t, json.Unmarshal([]byte(*one.AssessmentResults), &body))
	require.Equal(t, "public.t1", body.Objects[0].Object)
	require.FileExists(t, filepath.Join(dir, *out.BucketName, filepath.FromSlash(*one.AssessmentResultsFile)))
	require.True(t, strings.HasSuffix(*one.S3ObjectUrl, *one.AssessmentResultsFile))
	_, refused = taskCall[dmsapi.DescribeReplicationTaskAssessmentRunsResponse](t, b, "DescribeReplicationTaskAssessmentRuns", &dmsapi.DescribeReplicationTaskAssessmentRunsMessage{
		Filters: []dmsapi.Filter{{Name: new("replication-task-arn"), Values: []string{*arn}}}})
	require.NotNil(t, refused, "it is none of the newer runs")
	require.Len(t, b.individualRecords(t), 1, "the earlier one is gone")
}

// TestAssessmentRunsAreBounded begins one more run than are kept.
func TestAssessmentRunsAreBounded(t *testing.T) {
	b, _ := assessBench(t, nil)
	_, err := b.Store.Update(t.Context(), func(tx store.Tx) error {
		for i := range mostRuns {
			tx.Put(assessmentRuns.names()+"run-"+strconv.Itoa(i), []byte("x"))
		}
		return nil
	})
	require.NoError(t, err)
	_, refused := b.assess(t, "one-more", nil)
	require.Equal(t, "InvalidResourceStateFault", refused.Code)
	require.Contains(t, refused.Message, "1000 assessment runs")
}
