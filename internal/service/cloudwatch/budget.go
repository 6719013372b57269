package cloudwatch

import (
	"context"
)

// Bounds of what one request, or one look at an alarm, makes while it computes. A page of an answer has mostPoints points
// and CloudWatch reads 500 metrics for it: this leaves room for expressions over all of them, in some 100 MB. An alarm looks
// at seven days at most, and thousands of alarms are looked at every few seconds.
const (
	pointsOfRequest = 2_000_000
	linesOfRequest  = 10_000
	pointsOfAlarm   = 300_000
	linesOfAlarm    = 1_000
)

// budget is what a request may still make.
type budget struct{ lines, points int }

// spend takes from the budget, while the request goes on.
func (b *budget) spend(ctx context.Context, lines, points int) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	b.lines, b.points = b.lines-lines, b.points-points
	switch {
	case b.lines < 0:
		return invalid("The request computes more lines of values than it may: ask for fewer metrics, or for less with each request.")
	case b.points < 0:
		return invalid("The request computes more data points than it may: ask for a shorter time, a longer period or fewer metrics.")
	}
	return nil
}
