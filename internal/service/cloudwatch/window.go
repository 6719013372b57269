package cloudwatch

import "time"

// checkPeriod refuses what CloudWatch cannot sum up over.
func checkPeriod(period int64) (time.Duration, error) {
	switch {
	case period <= 0:
		return 0, invalid("The value %d for parameter Period is not valid: want 1, 5, 10, 20, 30 or a multiple of 60.", period)
	case period == 1, period == 5, period == 10, period == 20, period == 30, period%60 == 0:
		return time.Duration(min(period, 1<<30)) * time.Second, nil
	}
	return 0, invalid("The value %d for parameter Period is not valid: want 1, 5, 10, 20, 30 or a multiple of 60.", period)
}

// window is the time of a request as it is read: its start is rounded down to the minute, or to a shorter period.
func window(start, end time.Time, period time.Duration) (from, to time.Time) {
	return start.Truncate(min(period, time.Minute)).UTC(), end.UTC()
}

// checkTimes refuses what is no time to read.
func checkTimes(start, end *time.Time) error {
	switch {
	case start == nil:
		return missing("The parameter StartTime is required.")
	case end == nil:
		return missing("The parameter EndTime is required.")
	case !start.Before(*end):
		return invalid("The parameter StartTime must be less than the parameter EndTime.")
	}
	return nil
}
