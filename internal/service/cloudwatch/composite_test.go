package cloudwatch

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/cloudwatchapi"
	"github.com/whimbreldb/whimbrel/internal/store/storetest"
)

// TestRules reads rules and evaluates them: with what binds more closely, quotes, ARNs and constants.
func TestRules(t *testing.T) {
	s := &Service{Config: Config{Partition: "aws", Account: "1", Region: "r"}}
	states := map[string]string{"a": stateAlarm, "o": stateOK, "u": stateUnknown, "with blank (x)": stateAlarm}
	for text, want := range map[string]bool{
		"ALARM(a)": true, "ALARM ( o )": false, "OK(o) AND INSUFFICIENT_DATA(u)": true, `ALARM("with blank (x)")`: true, "ALARM('a')": true,
		"ALARM(arn:aws:cloudwatch:r:1:alarm:a)": true, "NOT ALARM(a)": false, "NOT NOT ALARM(a)": true, "TRUE": true, "FALSE OR TRUE": true,
		"ALARM(a) OR ALARM(o) AND ALARM(u)": true, "(ALARM(a) OR ALARM(o)) AND ALARM(u)": false, "NOT ALARM(a) OR OK(o)": true, "NOT (ALARM(a) OR OK(o))": false,
		"INSUFFICIENT_DATA(gone)": true, "ALARM(a)\nAND\tOK(o)": true,
	} {
		r, err := s.parseRule(text)
		require.NoError(t, err, text)
		require.Equal(t, want, r.holds(func(name string) string {
			if states[name] == "" {
				return stateUnknown
			}
			return states[name]
		}), text)
	}
	for text, why := range map[string]string{
		"": "it ends where", "ALARM": "no alarm in parentheses", "ALARM()": "neither the name nor the ARN", "ALARM(a": "is not closed", "ALARM(a) ALARM(o)": "AND, OR or the end",
		"ALARM(a b)": "a name with blanks stands in quotes", `ALARM("a)`: "is not closed", "(TRUE": "a parenthesis is not closed", "TRUE AND": "it ends where", "alarm(a)": "there is alarm where",
		"ALARM(arn:aws:cloudwatch:r:2:alarm:a)": "of this account and region", "TRUE)": "there is ) where", strings.Repeat("NOT ", 600) + "TRUE": "more than 500 elements",
		strings.Repeat("(", 3000): "parentheses", `"TRUE"`: "there is TRUE where", "AT_LEAST(1, ALARM, (a))": "there is AT_LEAST where",
	} {
		_, err := s.parseRule(text)
		require.ErrorContains(t, err, why, text)
	}
}

func FuzzRules(f *testing.F) {
	for _, seed := range []string{"ALARM(a) AND NOT (OK('b') OR TRUE)", `INSUFFICIENT_DATA("x y")`, "(((", "ALARM(ALARM(a))"} {
		f.Add(seed)
	}
	s := &Service{}
	f.Fuzz(func(_ *testing.T, text string) {
		if r, err := s.parseRule(text); err == nil {
			r.holds(func(string) string { return stateOK })
			childrenOf(r)
		}
	})
}

func (b *bench) putComposite(name, rule string) error {
	_, err := b.call("PutCompositeAlarm", &cloudwatchapi.PutCompositeAlarmInput{AlarmName: &name, AlarmRule: &rule, AlarmActions: []string{topic}, OKActions: []string{topic}})
	return err
}

// stands sets an alarm's state by hand: metrics are not what this is about.
func (b *bench) stands(name, state string) {
	b.t.Helper()
	_, err := b.call("SetAlarmState", &cloudwatchapi.SetAlarmStateInput{AlarmName: &name, StateValue: &state, StateReason: new("by hand")})
	require.NoError(b.t, err)
}

func (b *bench) describe(in *cloudwatchapi.DescribeAlarmsInput) *cloudwatchapi.DescribeAlarmsOutput {
	b.t.Helper()
	out, err := b.call("DescribeAlarms", in)
	require.NoError(b.t, err)
	return out.(*cloudwatchapi.DescribeAlarmsOutput)
}

// TestCompositeAlarms follows a rule over two alarms, and one over that: states, notifications, history, relatives, and what
// cannot be.
func TestCompositeAlarms(t *testing.T) {
	b := newBench(t)
	for _, name := range []string{"late", "quiet"} {
		_, err := b.call("PutMetricAlarm", &cloudwatchapi.PutMetricAlarmInput{
			AlarmName: &name, Namespace: new("shop"), MetricName: new("none"), Statistic: new("Sum"), Period: new(int64(60)), EvaluationPeriods: new(int64(1)),
			Threshold: new(1.0), ComparisonOperator: new("GreaterThanThreshold"), TreatMissingData: new("ignore"),
		})
		require.NoError(t, err)
	}
	require.NoError(t, b.putComposite("both", "ALARM(late) AND NOT ALARM(quiet)"))
	require.NoError(t, b.putComposite("any", "ALARM(both) OR ALARM(arn:aws:cloudwatch:eu-central-1:123456789012:alarm:quiet)"))
	state := func(name string) string {
		t.Helper()
		found := b.describe(&cloudwatchapi.DescribeAlarmsInput{AlarmNames: []string{name}, AlarmTypes: []string{compositeAlarm}}).CompositeAlarms
		require.Len(t, found, 1)
		return *found[0].StateValue
	}
	require.Equal(t, stateUnknown, state("both"))
	turn := func() {
		t.Helper()
		b.wait(time.Second)
		require.NoError(t, b.Evaluate(t.Context()))
		_, err := b.deliver(t.Context())
		require.NoError(t, err)
	}
	turn()
	require.Equal(t, []string{stateOK, stateOK}, []string{state("both"), state("any")})
	b.stands("late", stateAlarm)
	turn()
	require.Equal(t, []string{stateAlarm, stateAlarm}, []string{state("both"), state("any")}, "in one turn, children first")
	require.Contains(t, b.got, `ALARM: "both" in eu-central-1`)
	var said map[string]any
	require.NoError(t, json.Unmarshal([]byte(b.last), &said))
	require.Contains(t, said, "AlarmRule")
	found := b.describe(&cloudwatchapi.DescribeAlarmsInput{AlarmNames: []string{"both"}, AlarmTypes: []string{compositeAlarm}}).CompositeAlarms[0]
	require.Contains(t, *found.StateReason, "alarm:late transitioned to ALARM at ")
	require.Contains(t, *found.StateReasonData, "triggeringAlarms")
	b.stands("quiet", stateAlarm)
	turn()
	require.Equal(t, []string{stateOK, stateAlarm}, []string{state("both"), state("any")})

	require.Empty(t, b.describe(&cloudwatchapi.DescribeAlarmsInput{}).CompositeAlarms, "those of metrics alone, unless others are asked for")
	require.Len(t, b.describe(&cloudwatchapi.DescribeAlarmsInput{}).MetricAlarms, 2)
	all := b.describe(&cloudwatchapi.DescribeAlarmsInput{AlarmTypes: []string{compositeAlarm, metricAlarm}})
	require.Equal(t, []int{2, 2}, []int{len(all.CompositeAlarms), len(all.MetricAlarms)})
	children := b.describe(&cloudwatchapi.DescribeAlarmsInput{ChildrenOfAlarmName: new("any")})
	require.Equal(t, []string{"both", "quiet"}, []string{*children.CompositeAlarms[0].AlarmName, *children.MetricAlarms[0].AlarmName})
	parents := b.describe(&cloudwatchapi.DescribeAlarmsInput{ParentsOfAlarmName: new("quiet")})
	require.Len(t, parents.CompositeAlarms, 2)
	history, err := b.call("DescribeAlarmHistory", &cloudwatchapi.DescribeAlarmHistoryInput{AlarmTypes: []string{compositeAlarm}, HistoryItemType: new(historyState)})
	require.NoError(t, err)
	require.Len(t, history.(*cloudwatchapi.DescribeAlarmHistoryOutput).AlarmHistoryItems, 5)

	require.ErrorContains(t, b.putComposite("x", "ALARM(none)"), "there is no alarm none")
	require.ErrorContains(t, b.putComposite("x", "ALARM(late"), "Invalid AlarmRule")
	require.ErrorContains(t, b.putComposite("both", "ALARM(any)"), "about itself")
	require.ErrorContains(t, b.putComposite("late", "TRUE"), "is a MetricAlarm")
	_, err = b.call("PutCompositeAlarm", &cloudwatchapi.PutCompositeAlarmInput{AlarmName: new("x"), AlarmRule: new("TRUE"), ActionsSuppressor: new("late")})
	require.ErrorContains(t, err, "ActionsSuppressor")
	remove := func(names ...string) error {
		_, err := b.call("DeleteAlarms", &cloudwatchapi.DeleteAlarmsInput{AlarmNames: names})
		return err
	}
	require.ErrorContains(t, remove("late"), "the composite alarm both is about it")
	require.ErrorContains(t, remove("both", "late"), "the composite alarm any is about it")
	require.NoError(t, remove("late", "any", "both"))
	require.NoError(t, remove("quiet"))
}

// TestManyAreDeletedAsFewAre: each rule is read once for all of them, and not once for each.
func TestManyAreDeletedAsFewAre(t *testing.T) {
	b := newBench(t)
	rule := strings.Repeat("TRUE OR ", 200)
	require.NoError(t, b.putComposite("child", "TRUE"))
	for i := range 20 {
		require.NoError(t, b.putComposite(fmt.Sprintf("parent%02d", i), rule+"ALARM(child)"))
	}
	var names []string
	for i := range 40 {
		names = append(names, fmt.Sprintf("other%02d", i))
		require.NoError(t, b.putComposite(names[i], "FALSE"))
	}
	work := func(names ...string) float64 {
		return testing.AllocsPerRun(3, func() {
			_, err := b.call("DeleteAlarms", &cloudwatchapi.DeleteAlarmsInput{AlarmNames: append(names, "child")})
			require.ErrorContains(t, err, "the composite alarm parent00 is about it") // so that nothing is deleted
		})
	}
	few, many := work(names[0]), work(names...)
	t.Log(few, many)
	require.Less(t, many, 8*few)
}

// TestAnAlarmThatWasNotEnteredMovesNoOther configures an alarm anew while its new state is being written: it does not get into
// that state, and so neither do those whose rules are about it, and nobody is told.
func TestAnAlarmThatWasNotEnteredMovesNoOther(t *testing.T) {
	b := newBench(t)
	in := lagAlarm()
	in.AlarmActions, in.OKActions = nil, nil
	in.EvaluationPeriods, in.DatapointsToAlarm = new(int64(1)), nil
	b.must("PutMetricAlarm", in)
	require.NoError(t, b.putComposite("whole", "ALARM(late)"))
	b.put(1)
	state := func() []string {
		all := b.describe(&cloudwatchapi.DescribeAlarmsInput{AlarmTypes: []string{compositeAlarm, metricAlarm}})
		return []string{*all.MetricAlarms[0].StateValue, *all.CompositeAlarms[0].StateValue}
	}
	require.Equal(t, []string{stateOK, stateOK}, state())
	b.got = nil
	kept, met := b.Store, false
	b.Store = storetest.Raced(kept, func() {
		if met {
			return
		}
		met = true
		b.wait(time.Millisecond)
		in.Threshold = new(50.0)
		b.must("PutMetricAlarm", in)
	})
	b.put(20)
	b.Store = kept
	require.True(t, met)
	require.Equal(t, []string{stateOK, stateOK}, state())
	require.Empty(t, b.got)
	b.put(60)
	require.Equal(t, []string{stateAlarm, stateAlarm}, state())
	require.Equal(t, []string{`ALARM: "whole" in eu-central-1`}, b.got)
}
