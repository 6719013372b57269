package cloudwatch

import (
	"strings"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/cloudwatchapi"
	"github.com/whimbreldb/whimbrel/internal/metric"
)

// mostDimensions is how many dimensions a metric may have.
const mostDimensions = 30

// nameOf reads what names a metric.
func nameOf(namespace, name *string, dimensions []cloudwatchapi.Dimension) (metric.Name, error) {
	if len(dimensions) > mostDimensions {
		return metric.Name{}, invalid("The collection Dimensions must not have a size greater than %d.", mostDimensions)
	}
	var all []metric.Dimension
	seen := map[string]bool{}
	for _, d := range dimensions {
		key := deref(d.Name)
		if seen[key] {
			return metric.Name{}, invalid("The dimension %s is given twice: a metric has one value of each.", key)
		}
		seen[key] = true
		all = append(all, metric.Dimension{Name: key, Value: deref(d.Value)})
	}
	return metric.Of(deref(namespace), deref(name), all...), nil
}

func showDimensions(all []metric.Dimension) []cloudwatchapi.Dimension {
	out := make([]cloudwatchapi.Dimension, len(all))
	for i, d := range all {
		out[i] = cloudwatchapi.Dimension{Name: &d.Name, Value: &d.Value}
	}
	return out
}

// checkText refuses what cannot be part of a metric's name.
func checkText(what, text string) error {
	for _, r := range text {
		if r < ' ' || r == 0x7f {
			return invalid("The value of %s must contain no control characters.", what)
		}
	}
	if strings.TrimSpace(text) == "" {
		return invalid("The value of %s must contain at least one character that is no space.", what)
	}
	return nil
}
