package settings

import "strings"

// ResyncSettings says when rows that failed validation are copied again.
type ResyncSettings struct {
	EnableResync     bool
	ResyncSchedule   string `later:"resyncs while changes are followed" rests:"EnableResync"`
	MaxResyncTime    int    `range:"0..14400"`                                                    // minutes; 0 when unset
	ValidationTaskId string `later:"resyncs of what another task has found" rests:"EnableResync"` //nolint:revive // the JSON key
}

const (
	cronFields     = 5
	shortestResync = 5 // minutes
)

func (r *ResyncSettings) check(fail failure) {
	if r == nil {
		return
	}
	if r.ResyncSchedule != "" && len(strings.Fields(r.ResyncSchedule)) != cronFields {
		fail("ResyncSettings.ResyncSchedule", "is %q; want a cron schedule of five fields, such as \"0 2 * * 6\"", r.ResyncSchedule)
	}
	if r.MaxResyncTime != 0 && r.MaxResyncTime < shortestResync {
		fail("ResyncSettings.MaxResyncTime", "is %d; want a whole number from 5 to 14400", r.MaxResyncTime)
	}
}
