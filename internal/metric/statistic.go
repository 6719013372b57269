package metric

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// A Statistic makes one number of a point; ok is false when the point cannot tell.
type Statistic func(*Point) (v float64, ok bool)

// Statistics of CloudWatch by their plain names.
const (
	Average     = "Average"
	Sum         = "Sum"
	Minimum     = "Minimum"
	Maximum     = "Maximum"
	SampleCount = "SampleCount"
)

var (
	shortForm = regexp.MustCompile(`^(p|tm|wm|tc|ts)(\d{1,3}(?:\.\d{1,10})?)$`)
	rangeForm = regexp.MustCompile(`^(TM|WM|TC|TS|PR)\(([^:()]*):([^:()]*)\)$`)
)

// ParseStatistic reads the name of a statistic: one of the five, a percentile such as p99, or a trimmed one such as tm90,
// TM(10%:90%), WM, TC, TS, PR(100:200) and IQM.
func ParseStatistic(name string) (Statistic, error) {
	switch name {
	case Average:
		return func(p *Point) (float64, bool) { return p.Sum / p.Count, p.Count != 0 }, nil
	case Sum:
		return func(p *Point) (float64, bool) { return p.Sum, true }, nil
	case Minimum:
		return func(p *Point) (float64, bool) { return p.Min, true }, nil
	case Maximum:
		return func(p *Point) (float64, bool) { return p.Max, true }, nil
	case SampleCount:
		return func(p *Point) (float64, bool) { return p.Count, true }, nil
	case "IQM":
		return trimmed("TM", bound{25, true, true}, bound{75, true, true}), nil
	}
	if m := shortForm.FindStringSubmatch(name); m != nil {
		n, err := strconv.ParseFloat(m[2], 64)
		if err != nil || n > 100 {
			return nil, fmt.Errorf("%q: a percentile is a number from 0 to 100", name)
		}
		if m[1] == "p" {
			return percentile(n), nil
		}
		return trimmed(strings.ToUpper(m[1]), bound{}, bound{n, true, true}), nil
	}
	if m := rangeForm.FindStringSubmatch(name); m != nil {
		from, err := parseBound(m[2])
		if err != nil {
			return nil, fmt.Errorf("%q: %w", name, err)
		}
		to, err := parseBound(m[3])
		if err != nil {
			return nil, fmt.Errorf("%q: %w", name, err)
		}
		return trimmed(m[1], from, to), nil
	}
	return nil, fmt.Errorf("%q is no statistic: want Average, Sum, Minimum, Maximum, SampleCount, a percentile such as p99, or a trimmed one such as tm90 or TM(10%%:90%%)", name)
}

// bound is one end of what is left in: a percentage of the values, or a value.
type bound struct {
	at      float64
	percent bool
	set     bool
}

func parseBound(text string) (bound, error) {
	if text == "" {
		return bound{}, nil
	}
	number, percent := strings.CutSuffix(text, "%")
	n, err := strconv.ParseFloat(number, 64)
	if err != nil || percent && (n < 0 || n > 100) {
		return bound{}, fmt.Errorf("%q is neither a number nor a percentage from 0%% to 100%%", text)
	}
	return bound{n, percent, true}, nil
}

// percentile is the value that a share of all values does not pass, between two neighbours in proportion.
func percentile(percent float64) Statistic {
	return func(p *Point) (float64, bool) {
		all, known := p.values()
		if !known || p.Count <= 0 {
			return 0, false
		}
		rank := percent / 100 * (p.Count - 1)
		passed := 0.0
		for i, w := range all {
			last := passed + w.Count - 1 // rank of the last of these
			switch {
			case rank <= last || i == len(all)-1:
				return w.Value, true
			case rank < passed+w.Count:
				return w.Value + (rank-last)*(all[i+1].Value-w.Value), true
			}
			passed += w.Count
		}
		return 0, false
	}
}

// trimmed leaves values out beyond two bounds, or (WM) takes the bounds in their place.
func trimmed(kind string, from, to bound) Statistic {
	return func(p *Point) (float64, bool) {
		all, known := p.values()
		if !known || p.Count <= 0 {
			return 0, false
		}
		kept, low, high := within(all, p.Count, from, to)
		var count, sum float64
		for _, w := range kept {
			count += w.Count
			sum += w.Value * w.Count
		}
		switch kind {
		case "TC":
			return count, true
		case "TS":
			return sum, true
		case "PR":
			return count / p.Count * 100, true
		}
		if count == 0 {
			return 0, false
		}
		if kind == "WM" {
			return (sum + low*kept[0].Value + high*kept[len(kept)-1].Value) / p.Count, true
		}
		return sum / count, true
	}
}

// within are the values between two bounds, and how many were left out below and above.
func within(all []Weighted, count float64, from, to bound) (kept []Weighted, low, high float64) {
	passed := 0.0
	for _, w := range all {
		begin, end := passed, passed+w.Count
		passed = end
		skipped := part(begin, end, w.Value, count, from, true)
		cut := part(begin, end, w.Value, count, to, false)
		low += skipped
		high += cut
		if w.Count -= skipped + cut; w.Count > 0 {
			kept = append(kept, w)
		}
	}
	return kept, low, high
}

// part is how many of the values of one weight lie beyond a bound.
func part(begin, end, value, count float64, b bound, lower bool) float64 {
	switch {
	case !b.set:
		return 0
	case b.percent && lower:
		return min(max(b.at/100*count-begin, 0), end-begin)
	case b.percent:
		return min(max(end-b.at/100*count, 0), end-begin)
	case lower && value <= b.at, !lower && value > b.at:
		return end - begin
	}
	return 0
}
