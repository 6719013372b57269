package settings

// ResyncSettings says when rows that failed validation are copied again.
type ResyncSettings struct {
	EnableResync     bool
	ResyncSchedule   string // a Schedule
	MaxResyncTime    int    `range:"0..14400"` // minutes; 0 when unset
	ValidationTaskId string //nolint:revive // the JSON key
}

// shortestResync is the least MaxResyncTime, in minutes.
const shortestResync = 5

func (r *ResyncSettings) check(fail failure) {
	if r == nil {
		return
	}
	if r.ResyncSchedule != "" {
		if _, err := ParseSchedule(r.ResyncSchedule); err != nil {
			fail("ResyncSettings.ResyncSchedule", "is %q, which %v; want a cron schedule of five fields, such as \"0 2 * * 6\"", r.ResyncSchedule, err)
		}
	}
	if r.MaxResyncTime != 0 && r.MaxResyncTime < shortestResync {
		fail("ResyncSettings.MaxResyncTime", "is %d; want a whole number from 5 to 14400", r.MaxResyncTime)
	}
}
