package cloudwatch

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/whimbreldb/whimbrel/internal/metric/formula"
)

// dynamic are the parts of a label that stand for something: ${MAX}, ${PROP('Dim.X')}.
var dynamic = regexp.MustCompile(`\$\{\s*([A-Z_]+)\s*(?:\(\s*'([^']*)'\s*\))?\s*\}`)

// label names a line of a query.
func (q *questions) label(i int, l *line) string {
	of := &q.asked[i]
	switch {
	case of.label != "":
		return dynamic.ReplaceAllStringFunc(of.label, func(part string) string {
			m := dynamic.FindStringSubmatch(part)
			if text, known := q.part(of, l, m[1], m[2]); known {
				return text
			}
			return part
		})
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
		return momentOf(l, name), true
	}
	return strconv.FormatFloat(v, 'g', 6, 64), true
}

// momentOf is when a line was highest, lowest, first or last.
func momentOf(l *line, name string) string {
	at := 0
	for i, v := range l.Values {
		if name == "MAX" && v > l.Values[at] || name == "MIN" && v < l.Values[at] || name == "LAST" {
			at = i
		}
	}
	return l.At[at].UTC().Format(time.RFC3339)
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
