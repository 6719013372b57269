package cloudwatch

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/cloudwatchapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// TestTagsOfAlarmsAreConditions: a policy that decides by an alarm's tags, by those that a call brings or by its actions finds them in every
// call on the alarm. Whoever makes one with tags needs cloudwatch:TagResource.
func TestTagsOfAlarmsAreConditions(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	tag := []cloudwatchapi.Tag{{Key: new("stage"), Value: new("prod")}}
	put := &cloudwatchapi.PutMetricAlarmInput{
		AlarmName: new("a"), Namespace: new("shop"), MetricName: new("n"), Period: new(int64(60)), EvaluationPeriods: new(int64(1)), Statistic: new("Sum"),
		ComparisonOperator: new("GreaterThanThreshold"), Threshold: new(1.0), Tags: tag, AlarmActions: []string{topic},
	}
	b.must("PutMetricAlarm", put)
	access := func(name string, in any) []service.Check {
		c := &service.Call{Service: &cloudwatchapi.Service, Operation: cloudwatchapi.Service.Operation(name), Partition: "aws", Account: "123456789012", Region: "eu-central-1"}
		checks, err := b.api.Operation(name).Access(t.Context(), c, in)
		require.NoError(t, err)
		return checks
	}
	names, name, arn := []string{"none", "a"}, new("a"), new("arn:aws:cloudwatch:eu-central-1:123456789012:alarm:a")
	for operation, in := range map[string]any{
		"DescribeAlarms": &cloudwatchapi.DescribeAlarmsInput{AlarmNames: names}, "DeleteAlarms": &cloudwatchapi.DeleteAlarmsInput{AlarmNames: names},
		"EnableAlarmActions": &cloudwatchapi.EnableAlarmActionsInput{AlarmNames: names}, "DisableAlarmActions": &cloudwatchapi.DisableAlarmActionsInput{AlarmNames: names},
		"SetAlarmState": &cloudwatchapi.SetAlarmStateInput{AlarmName: name}, "DescribeAlarmHistory": &cloudwatchapi.DescribeAlarmHistoryInput{AlarmName: name},
		"ListTagsForResource": &cloudwatchapi.ListTagsForResourceInput{ResourceARN: arn}, "TagResource": &cloudwatchapi.TagResourceInput{ResourceARN: arn},
		"UntagResource": &cloudwatchapi.UntagResourceInput{ResourceARN: arn}, "PutCompositeAlarm": &cloudwatchapi.PutCompositeAlarmInput{AlarmName: name},
		"PutMetricAlarm": &cloudwatchapi.PutMetricAlarmInput{AlarmName: name},
	} {
		checks := access(operation, in)
		last := checks[len(checks)-1]
		require.Equal(t, *arn, last.Resource, operation)
		require.Equal(t, map[string]string{"stage": "prod"}, last.Tags, operation)
		require.Empty(t, last.Keys, operation)
	}
	sent := map[string][]string{"aws:RequestTag/stage": {"prod"}, "aws:TagKeys": {"stage"}}
	made := access("PutMetricAlarm", put)
	require.Equal(t, []string{"cloudwatch:PutMetricAlarm", "cloudwatch:TagResource"}, []string{made[0].Action, made[1].Action})
	require.Equal(t, sent, made[1].Keys)
	require.Equal(t, map[string][]string{"aws:RequestTag/stage": {"prod"}, "aws:TagKeys": {"stage"}, "cloudwatch:AlarmActions": {topic}}, made[0].Keys)
	require.Equal(t, sent, access("TagResource", &cloudwatchapi.TagResourceInput{ResourceARN: arn, Tags: tag})[0].Keys)
	require.Equal(t, map[string][]string{"aws:TagKeys": {"stage"}}, access("UntagResource", &cloudwatchapi.UntagResourceInput{ResourceARN: arn, TagKeys: []string{"stage"}})[0].Keys)
	require.Equal(t, "*", access("DeleteAlarms", &cloudwatchapi.DeleteAlarmsInput{})[0].Resource, "no check at all would let everyone through")
}
