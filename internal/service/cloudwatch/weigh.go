package cloudwatch

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// lookBack is how many more periods than EvaluationPeriods are read: where values are missing, older ones take their place.
// CloudWatch does not say how many it reads; the tables of its guide, "Configuring how CloudWatch alarms treat missing data",
// have two more.
const lookBack = 2

// verdict is what the values of an alarm's periods come to.
type verdict struct {
	state             string
	breaching, needed int
	missing           int
	of                line // the values that were compared
}

// weigh compares values: so many of so many periods must breach the threshold. Values older than EvaluationPeriods count where
// newer ones are missing; what is missing even so counts as the alarm says. to is the end of the newest period.
func weigh(a *Alarm, l *line, period time.Duration, to time.Time) verdict {
	periods := int(*a.EvaluationPeriods)
	v := verdict{needed: periods, of: *l}
	if a.DatapointsToAlarm != nil {
		v.needed = int(*a.DatapointsToAlarm)
	}
	age := func(i int) int { return int((to.Sub(l.At[i]) + period - 1) / period) } // 1 is the newest period
	from, have := len(l.At), 0                                                     // an expression may have several values in a period
	for ; from > 0; from-- {
		if from == len(l.At) || age(from-1) != age(from) {
			if have == periods {
				break
			}
			have++
		}
	}
	v.of.At, v.of.Values = l.At[from:], l.Values[from:]
	v.missing = max(periods-len(v.of.Values), 0)
	oldest := 0
	for i := from; i < len(l.At); i++ {
		if breaches(*a.ComparisonOperator, l.Values[i], *a.Threshold) {
			oldest = max(oldest, age(i))
			v.breaching++
		}
	}
	v.state = v.stateOf(a, oldest)
	return v
}

// stateOf says in which state the alarm should be; oldest is how many periods ago the oldest breaching value is.
func (v *verdict) stateOf(a *Alarm, oldest int) string {
	treatment := deref(a.TreatMissingData)
	if treatment == "breaching" {
		v.breaching += v.missing
	}
	switch {
	case v.breaching >= v.needed:
		return stateAlarm
	case v.missing == 0, treatment == "breaching", treatment == "notBreaching", v.breaching < len(v.of.Values):
		return stateOK
	case treatment == "ignore": // all there is breaches, and it is too little
		return *a.StateValue
	case len(v.of.Values) == 0:
		return stateUnknown
	case oldest >= v.needed: // since then there was time for a better value, and none came
		return stateAlarm
	}
	return *a.StateValue // the next value may be a better one: "Avoiding premature transitions to alarm state"
}

func breaches(operator string, x, threshold float64) bool {
	switch operator {
	case "GreaterThanThreshold":
		return x > threshold
	case "GreaterThanOrEqualToThreshold":
		return x >= threshold
	case "LessThanThreshold":
		return x < threshold
	}
	return x <= threshold
}

// reason words a verdict as CloudWatch does.
func (v *verdict) reason(a *Alarm) string {
	if v.state == stateUnknown {
		return fmt.Sprintf("Insufficient Data: %d datapoints were unknown.", v.missing)
	}
	if len(v.of.Values) == 0 {
		return fmt.Sprintf("Threshold Crossed: no datapoints were received for %s and %s treated as [%s].",
			counted(v.missing, "period", "", ""), counted(v.missing, "missing datapoint", " was", " were"), treatmentWords[deref(a.TreatMissingData)])
	}
	var shown []string
	for i, x := range v.of.Values {
		if breaches(*a.ComparisonOperator, x, *a.Threshold) == (v.state == stateAlarm) {
			shown = append(shown, number(x)+" ("+v.of.At[i].UTC().Format("02/01/06 15:04:05")+")")
		}
	}
	if len(shown) > 10 {
		shown = shown[len(shown)-10:]
	}
	word, plural, not, way := "was", "", "", "OK -> ALARM"
	count := v.breaching
	if v.state == stateOK {
		count, not, way = len(v.of.Values)+v.missing-v.breaching, "not ", "ALARM -> OK"
	}
	if count != 1 {
		word = "were"
	}
	if v.needed != 1 {
		plural = "s"
	}
	return fmt.Sprintf("Threshold Crossed: %d out of the last %d datapoints [%s] %s %s%s the threshold (%s) (minimum %d datapoint%s for %s transition).",
		count, len(v.of.Values)+v.missing, strings.Join(shown, ", "), word, not, comparisonWords[*a.ComparisonOperator], number(*a.Threshold), v.needed, plural, way)
}

func counted(n int, what, one, many string) string {
	if n == 1 {
		return "1 " + what + one
	}
	return strconv.Itoa(n) + " " + what + "s" + many
}

var treatmentWords = map[string]string{"breaching": "Breaching", "notBreaching": "NonBreaching"}

var comparisonWords = map[string]string{
	"GreaterThanThreshold": "greater than", "GreaterThanOrEqualToThreshold": "greater than or equal to",
	"LessThanThreshold": "less than", "LessThanOrEqualToThreshold": "less than or equal to",
}

// number writes a number as CloudWatch's reasons do: 1.0.
func number(x float64) string {
	text := strconv.FormatFloat(x, 'f', -1, 64)
	if !strings.Contains(text, ".") {
		text += ".0"
	}
	return text
}
