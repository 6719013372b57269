package settings

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestSchedulesOpen(t *testing.T) {
	for _, c := range []struct {
		schedule, after string
		want            []string
	}{
		{"0 2 * * 6", "2026-11-26 11:00", []string{"2026-11-28 02:00", "2026-12-05 02:00"}},
		{"*/15 * * * *", "2026-11-26 11:00", []string{"2026-11-26 11:15", "2026-11-26 11:30", "2026-11-26 11:45", "2026-11-26 12:00"}},
		{"5,10-12 23 * * *", "2026-11-26 23:04", []string{"2026-11-26 23:05", "2026-11-26 23:10", "2026-11-26 23:11", "2026-11-26 23:12", "2026-11-27 23:05"}},
		{"0 0 L * *", "2024-01-31 00:00", []string{"2024-02-29 00:00", "2024-03-31 00:00", "2024-04-30 00:00"}},
		{"0 0 29 2 *", "2096-03-01 00:00", []string{"2104-02-29 00:00"}},
		{"30 1 13 * 5", "2026-11-01 00:00", []string{"2026-11-06 01:30", "2026-11-13 01:30", "2026-11-20 01:30", "2026-11-27 01:30", "2026-12-04 01:30", "2026-12-11 01:30", "2026-12-13 01:30"}},
		{"0 0 * * 0-6/3", "2026-11-26 00:00", []string{"2026-11-28 00:00", "2026-11-29 00:00", "2026-12-02 00:00"}},
		{"0 1-23/11 31 12 *", "2026-12-31 01:00", []string{"2026-12-31 12:00", "2026-12-31 23:00", "2027-12-31 01:00"}},
	} {
		s, err := ParseSchedule(c.schedule)
		require.NoError(t, err, c.schedule)
		at, err := time.Parse("2006-01-02 15:04", c.after)
		require.NoError(t, err)
		at = at.Add(time.Millisecond).In(time.FixedZone("elsewhere", 7200))
		for _, want := range c.want {
			at = s.Next(at)
			require.Equal(t, want, at.Format("2006-01-02 15:04"), c.schedule)
		}
	}
}

func TestSchedulesThatAreNone(t *testing.T) {
	for schedule, want := range map[string]string{
		"daily":                           "has 1 fields instead of five",
		"* * * * * *":                     "has 6 fields",
		"60 * * * *":                      `has "60" as the minute; want a number from 0 to 59`,
		"* 24 * * *":                      `has "24" as the hour`,
		"* * 0 * *":                       `has "0" as the day of the month`,
		"* * * 13 *":                      `has "13" as the month`,
		"* * * * 7":                       `has "7" as the day of the week`,
		"* L * * *":                       `has "L" as the hour`,
		"5/2 * * * *":                     `has "5/2" as the minute`,
		"*/0 * * * *":                     `has "*/0" as the minute`,
		"9-5 * * * *":                     `has "9-5" as the minute`,
		"1, * * * *":                      `has "" as the minute`,
		"-1 * * * *":                      `has "-1" as the minute`,
		"1,2,3,4,5,6,7,8,9,10,11 * * * *": "lists 11 items as the minute; want at most 10",
		"0 0 31 2,4 *":                    "names no day that any month has",
	} {
		_, err := ParseSchedule(schedule)
		require.ErrorContains(t, err, want, schedule)
	}
}

func FuzzSchedule(f *testing.F) {
	for _, s := range []string{"0 2 * * 6", "*/15 1-5/2 L,3 2 *", "5/2 * * * *", "é - / , *", "0 0 29 2 0"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseSchedule(text)
		if err != nil {
			return
		}
		at := time.Date(2026, 11, 26, 12, 0, 30, 0, time.UTC)
		next := s.Next(at)
		require.True(t, next.After(at), "%q opens at %s", text, next)
		require.Zero(t, next.Second())
	})
}
