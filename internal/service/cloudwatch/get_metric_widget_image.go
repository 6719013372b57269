package cloudwatch

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/go-analyze/charts"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/cloudwatchapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// mostDrawn bounds the moments of a picture, mostDrawnLines its lines: CloudWatch draws as many metrics.
const (
	mostDrawn      = 2000
	mostDrawnLines = 500
)

func (s *Service) getMetricWidgetImage() service.Operation {
	return service.Handle("GetMetricWidgetImage", onAny, func(ctx context.Context, call *service.Call, in *cloudwatchapi.GetMetricWidgetImageInput) (*cloudwatchapi.GetMetricWidgetImageOutput, error) {
		if format := deref(in.OutputFormat); format != "" && format != "png" && format != "image/png" {
			return nil, validation("The value %q of OutputFormat must be png or image/png.", format)
		}
		w, err := parseWidget(*in.MetricWidget, call.Now)
		if err != nil {
			return nil, err
		}
		q, err := s.questions(w.queries, w.from, w.to)
		if err != nil {
			return nil, err
		}
		var lines []line
		var labels []string
		for i := range q.asked {
			if !q.asked[i].shown {
				continue
			}
			found, err := q.answer(ctx, i)
			if err != nil {
				return nil, err
			}
			if len(lines)+len(found) > mostDrawnLines {
				return nil, validation("A picture shows up to %d lines, and the MetricWidget has more.", mostDrawnLines)
			}
			for n := range found {
				lines = append(lines, found[n])
				labels = append(labels, q.label(i, &found[n]))
			}
		}
		image, err := w.draw(lines, labels)
		if err != nil {
			return nil, fmt.Errorf("draw metrics: %w", err)
		}
		return &cloudwatchapi.GetMetricWidgetImageOutput{MetricWidgetImage: image}, nil
	})
}

// draw makes a picture of lines over the same moments.
func (w *widget) draw(lines []line, labels []string) ([]byte, error) {
	step := time.Minute
	for i := range lines {
		step = max(step, lines[i].Period)
	}
	for w.to.Sub(w.from)/step > mostDrawn {
		step *= 2
	}
	n := int(w.to.Sub(w.from)/step) + 1
	values := make([][]float64, max(len(lines), 1))
	for i := range values {
		values[i] = make([]float64, n)
		for j := range values[i] {
			values[i][j] = charts.GetNullValue()
		}
	}
	for i := range lines {
		for j, at := range lines[i].At {
			if place := int(at.Sub(w.from) / step); place >= 0 && place < n && !math.IsInf(lines[i].Values[j], 0) {
				values[i][place] = lines[i].Values[j]
			}
		}
	}
	form := "15:04"
	if w.to.Sub(w.from) > 36*time.Hour {
		form = "01-02 15:04"
	}
	moments := make([]string, n)
	for j := range moments {
		moments[j] = w.from.Add(time.Duration(j) * step).UTC().Format(form)
	}
	opt := charts.NewLineChartOptionWithData(values)
	opt.Title.Text = w.Title
	opt.XAxis.Labels = moments
	opt.Legend.SeriesNames = labels
	opt.Symbol = charts.Symbol{Shape: charts.SymbolNone}
	opt.StackSeries = &w.Stacked
	theme := charts.GetTheme(charts.ThemeLight)
	if w.Theme == "dark" {
		theme = charts.GetTheme(charts.ThemeDark)
	}
	opt.Theme = theme
	p := charts.NewPainter(charts.PainterOptions{OutputFormat: charts.ChartOutputPNG, Width: w.Width, Height: w.Height, Theme: theme})
	if err := p.LineChart(opt); err != nil {
		return nil, err
	}
	return p.Bytes()
}
