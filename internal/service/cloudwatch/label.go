package cloudwatch

import (
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/cloudwatchapi"
	"github.com/whimbreldb/whimbrel/internal/metric/formula"
)

// longestLabel bounds a label, in bytes, as it is given and with what its dynamic parts stand for: a part may stand for a
// whole label, of each of many lines.
const longestLabel = 1 << 10

// mostDynamic is how many dynamic parts a label may have, as in CloudWatch: each looks at every value of a line.
const mostDynamic = 6

// cut shortens a text to the longest label, between two characters.
func cut(text string) string {
	if len(text) <= longestLabel {
		return text
	}
	n := longestLabel
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}

// dynamic are the parts of a label that stand for something: ${MAX}, ${PROP('Dim.X')}.
var dynamic = regexp.MustCompile(`\$\{\s*([A-Z_]+)\s*(?:\(\s*'([^']*)'\s*\))?\s*\}`)

// label names a line of a query.
func (q *questions) label(i int, l *line) string {
	of := &q.asked[i]
	switch {
	case of.label != "":
		room := longestLabel
		return cut(dynamic.ReplaceAllStringFunc(of.label, func(part string) string {
			if room <= 0 {
				return ""
			}
			m := dynamic.FindStringSubmatch(part)
			if text, known := q.part(of, l, m[1], m[2]); known {
				part = cut(text)
			}
			room -= len(part)
			return part
		}))
	case of.expression == nil:
		return of.name.Metric
	case l.Label != "":
		return l.Label
	}
	return of.id
}

// part is what one dynamic part of a label stands for.
func (q *questions) part(of *question, l *line, kind, argument string) (text string, known bool) {
	switch kind {
	case "LABEL":
		if of.expression == nil {
			return of.name.Metric, true
		}
		if l.Label != "" {
			return l.Label, true
		}
		return of.id, true
	case "PROP":
		return q.property(l, argument)
	case "DATAPOINT_COUNT":
		return strconv.Itoa(len(l.Values)), true
	}
	name, sent, _ := strings.Cut(kind, "_")
	if sent != "" && sent != "TIME" && sent != "TIME_RELATIVE" {
		return "", false
	}
	v, known := formula.Reduce(name, l.Values)
	switch {
	case !known:
		return "", false
	case len(l.Values) == 0:
		return "--", true
	case sent != "":
		return momentOf(l, name).In(q.zone).Format(time.RFC3339), true
	}
	return strconv.FormatFloat(v, 'g', 6, 64), true
}

// momentOf is when a line was highest, lowest, first or last.
func momentOf(l *line, name string) time.Time {
	at := 0
	for i, v := range l.Values {
		if name == "MAX" && v > l.Values[at] || name == "MIN" && v < l.Values[at] || name == "LAST" {
			at = i
		}
	}
	return l.At[at]
}

// zoneOf reads the Timezone of a request's labels: a sign, two digits of hours and two of minutes (API reference, LabelOptions).
func zoneOf(in *cloudwatchapi.LabelOptions) (*time.Location, error) {
	if in == nil || in.Timezone == nil {
		return time.UTC, nil
	}
	at, err := time.Parse("-0700", *in.Timezone)
	if err != nil {
		return nil, invalid("The value %q for parameter Timezone is not valid: it is a sign and four digits, as +0130.", *in.Timezone)
	}
	_, seconds := at.Zone()
	return time.FixedZone("", seconds), nil
}

func (q *questions) property(l *line, name string) (text string, known bool) {
	s := q.service
	switch name {
	case "AccountId":
		return s.Account, true
	case "Region":
		return s.Region, true
	case "Period":
		return strconv.Itoa(int(l.Period.Seconds())), true
	case "Stat":
		return l.Stat, l.Stat != ""
	}
	if l.Metric == nil {
		return "", false
	}
	switch name {
	case "MetricName":
		return l.Metric.Metric, true
	case "Namespace":
		return l.Metric.Namespace, true
	}
	dimension, ok := strings.CutPrefix(name, "Dim.")
	if !ok {
		return "", false
	}
	return l.Metric.Value(dimension)
}
