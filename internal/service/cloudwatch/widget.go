package cloudwatch

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/cloudwatchapi"
)

// widget is what a picture shows: "GetMetricWidgetImage: Metric Widget Structure and Syntax" of CloudWatch's API reference.
// What it does not know is refused.
type widget struct {
	Metrics     [][]json.RawMessage `json:"metrics"`
	Annotations annotations         `json:"annotations"`
	Title       string              `json:"title"`
	Width       int                 `json:"width"`
	Height      int                 `json:"height"`
	Period      int64               `json:"period"`
	Stat        string              `json:"stat"`
	Start       string              `json:"start"`
	End         string              `json:"end"`
	Stacked     bool                `json:"stacked"`
	Theme       string              `json:"theme"`
	View        string              `json:"view"`
	Region      string              `json:"region"`
	Timezone    string              `json:"timezone"`
	LiveData    *bool               `json:"liveData"`
	Legend      struct {
		Position string `json:"position"`
	} `json:"legend"`
	YAxis struct {
		Left  axisLimits `json:"left"`
		Right axisLimits `json:"right"`
	} `json:"yAxis"`

	queries  []cloudwatchapi.MetricDataQuery
	looks    []look // of each query
	from, to time.Time
	zone     *time.Location
}

// axisLimits are where an axis begins and ends, if that is not as its values are.
type axisLimits struct {
	Min *float64 `json:"min"`
	Max *float64 `json:"max"`
}

// look is how one metric is drawn.
type look struct {
	Color string `json:"color"`
	YAxis string `json:"yAxis"`
}

// widgetOptions stand at the end of a metric.
type widgetOptions struct {
	ID         string `json:"id"`
	Expression string `json:"expression"`
	Label      string `json:"label"`
	Period     int64  `json:"period"`
	Stat       string `json:"stat"`
	Visible    *bool  `json:"visible"`
	look
}

// longestWidget bounds a MetricWidget, in bytes: as many metrics as one picture shows fit into it with long names.
const longestWidget = 64 << 10

// Bounds of a picture's sides.
const (
	leastSide = 100
	mostSide  = 2000
)

func parseWidget(source, region string, now time.Time) (*widget, error) {
	if len(source) > longestWidget {
		return nil, validation("The MetricWidget is %d bytes long, of at most %d.", len(source), longestWidget)
	}
	w := &widget{Width: 600, Height: 400, Period: 300, Stat: "Average", Start: "-PT3H", Region: region}
	if err := strictly([]byte(source), w); err != nil {
		return nil, validation("The MetricWidget is not of the form that dashboards have: %v.", err)
	}
	if err := w.check(region); err != nil {
		return nil, err
	}
	if err := w.Annotations.check(); err != nil {
		return nil, err
	}
	var err error
	if w.from, err = widgetTime(w.Start, now, now.Add(-3*time.Hour)); err != nil {
		return nil, err
	}
	if w.to, err = widgetTime(w.End, now, now); err != nil {
		return nil, err
	}
	if !w.from.Before(w.to) {
		return nil, validation("The MetricWidget ends before it starts.")
	}
	w.from = w.from.Truncate(time.Minute)
	var before []string
	for i, parts := range w.Metrics {
		q, texts, err := w.query(i, parts, before)
		if err != nil {
			return nil, err
		}
		before = texts
		w.queries = append(w.queries, *q)
	}
	return w, nil
}

// strictly reads JSON that has nothing unknown in it, and nothing behind it.
func strictly(source []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(source))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if d.More() {
		return errors.New("something stands behind it")
	}
	return nil
}

// check refuses what cannot be drawn.
func (w *widget) check(region string) error {
	if w.Width < leastSide || w.Width > mostSide || w.Height < leastSide || w.Height > mostSide {
		return validation("The width and height of a picture are from %d to %d, not %d and %d.", leastSide, mostSide, w.Width, w.Height)
	}
	if len(w.Metrics) == 0 {
		return validation("The MetricWidget has no metrics.")
	}
	if w.Region != region {
		return validation("The region of the MetricWidget is %q, and the metrics here are of %s.", w.Region, region)
	}
	for _, c := range []struct {
		name, value string
		words       []string
	}{
		{"view", w.View, []string{"timeSeries", viewBar, viewPie}}, {"theme", w.Theme, []string{"light", "dark"}}, {"legend", w.Legend.Position, []string{"bottom", "right", "hidden"}},
	} {
		if c.value != "" && !slices.Contains(c.words, c.value) {
			return validation("The %s %q of the MetricWidget is not drawn here: %s is.", c.name, c.value, strings.Join(c.words, " or "))
		}
	}
	if w.View == viewPie && len(w.Annotations.Horizontal)+len(w.Annotations.Vertical) > 0 || w.View == viewBar && len(w.Annotations.Vertical) > 0 {
		return validation("The annotations of the MetricWidget have no place in the view %q.", w.View)
	}
	for _, l := range []axisLimits{w.YAxis.Left, w.YAxis.Right} {
		if l.Min != nil && l.Max != nil && *l.Min >= *l.Max {
			return validation("The minimum %v of an axis is not below its maximum %v.", *l.Min, *l.Max)
		}
	}
	return w.readZone()
}

var zoneForm = regexp.MustCompile(`^([+-])(\d\d)([0-5]\d)$`)

// readZone reads the zone that moments are shown in: +0130.
func (w *widget) readZone() error {
	w.zone = time.UTC
	if w.Timezone == "" {
		return nil
	}
	m := zoneForm.FindStringSubmatch(w.Timezone)
	if m == nil {
		return validation("The timezone %q of the MetricWidget is none such as +0130.", w.Timezone)
	}
	hours, _ := strconv.Atoi(m[2])
	minutes, _ := strconv.Atoi(m[3])
	ahead := hours*3600 + minutes*60
	if m[1] == "-" {
		ahead = -ahead
	}
	w.zone = time.FixedZone(w.Timezone, ahead)
	return nil
}

var colorForm = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)

// checkLook refuses a colour and a side that are none.
func checkLook(what string, l look) error {
	if l.Color != "" && !colorForm.MatchString(l.Color) {
		return validation("The color %q of %s is none such as #1f77b4.", l.Color, what)
	}
	if l.YAxis != "" && l.YAxis != "left" && l.YAxis != "right" {
		return validation("The yAxis %q of %s is neither left nor right.", l.YAxis, what)
	}
	return nil
}

// query reads one metric: its namespace, name and dimensions, where . repeats what stands in the same place of the one
// before and ... all that is left; and its options.
func (w *widget) query(i int, parts []json.RawMessage, before []string) (*cloudwatchapi.MetricDataQuery, []string, error) {
	o := widgetOptions{Period: w.Period, Stat: w.Stat, ID: fmt.Sprintf("line%d", i+1)}
	var texts []string
	for n, raw := range parts {
		var text string
		if json.Unmarshal(raw, &text) == nil {
			texts = append(texts, text)
			continue
		}
		if n != len(parts)-1 {
			return nil, nil, validation("Metric %d of the MetricWidget has something else than texts, and options at its end.", i+1)
		}
		if err := strictly(raw, &o); err != nil {
			return nil, nil, validation("The options of metric %d of the MetricWidget cannot be read: %v.", i+1, err)
		}
	}
	if err := checkLook(fmt.Sprintf("metric %d", i+1), o.look); err != nil {
		return nil, nil, err
	}
	w.looks = append(w.looks, o.look)
	q := &cloudwatchapi.MetricDataQuery{Id: &o.ID, ReturnData: o.Visible}
	if o.Label != "" {
		q.Label = &o.Label
	}
	if o.Expression != "" {
		q.Expression = &o.Expression
		return q, before, nil
	}
	texts, err := repeated(i, texts, before)
	if err != nil {
		return nil, nil, err
	}
	m := &cloudwatchapi.Metric{Namespace: &texts[0], MetricName: &texts[1]}
	for n := 2; n < len(texts); n += 2 {
		m.Dimensions = append(m.Dimensions, cloudwatchapi.Dimension{Name: &texts[n], Value: &texts[n+1]})
	}
	q.MetricStat = &cloudwatchapi.MetricStat{Metric: m, Period: &o.Period, Stat: &o.Stat}
	return q, texts, nil
}

func repeated(i int, texts, before []string) ([]string, error) {
	var out []string
	for n, text := range texts {
		switch {
		case text == "..." && n == 0:
			out = append(out, before[:max(len(before)-len(texts)+1, 0)]...)
		case text == "." && n < len(before):
			out = append(out, before[n])
		default:
			out = append(out, text)
		}
	}
	if len(out) < 2 || len(out)%2 != 0 {
		return nil, validation("Metric %d of the MetricWidget must be a namespace, a name and pairs of a dimension's name and value.", i+1)
	}
	return out, nil
}

var spanForm = regexp.MustCompile(`^-P(?:(\d{1,4})W)?(?:(\d{1,4})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,6})M)?)?$`)

// widgetTime reads a moment, or how long ago it was: -PT3H.
func widgetTime(text string, now, usual time.Time) (time.Time, error) {
	if text == "" {
		return usual, nil
	}
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at, nil
	}
	m := spanForm.FindStringSubmatch(strings.TrimSpace(text))
	if m == nil {
		return now, validation("%q is neither a moment such as 2026-11-26T03:00:00Z nor a span such as -PT3H.", text)
	}
	at := now
	for i, unit := range []time.Duration{7 * 24 * time.Hour, 24 * time.Hour, time.Hour, time.Minute} {
		n, _ := strconv.Atoi(m[i+1]) // of digits, or empty
		at = at.Add(-time.Duration(n) * unit)
	}
	return at, nil
}
