package cloudwatch

import (
	"context"
	"fmt"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/cloudwatchapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// mostDrawnLines bounds the lines of a picture.
const mostDrawnLines = 500

func (s *Service) getMetricWidgetImage() service.Operation {
	return service.Handle("GetMetricWidgetImage", onAny, func(ctx context.Context, call *service.Call, in *cloudwatchapi.GetMetricWidgetImageInput) (*cloudwatchapi.GetMetricWidgetImageOutput, error) {
		if format := deref(in.OutputFormat); format != "" && format != "png" && format != "image/png" {
			return nil, validation("The value %q of OutputFormat must be png or image/png.", format)
		}
		w, err := parseWidget(*in.MetricWidget, s.Region, call.Now)
		if err != nil {
			return nil, err
		}
		q, err := s.questions(w.queries, w.from, w.to)
		if err != nil {
			return nil, err
		}
		var lines []line
		var labels []string
		var looks []look
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
				labels, looks = append(labels, q.label(i, &found[n])), append(looks, w.looks[i])
			}
		}
		image, err := w.draw(lines, labels, looks, call.Now)
		if err != nil {
			return nil, fmt.Errorf("draw metrics: %w", err)
		}
		return &cloudwatchapi.GetMetricWidgetImageOutput{MetricWidgetImage: image}, nil
	})
}
