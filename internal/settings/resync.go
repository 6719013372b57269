package settings

import "strings"

// ResyncSettings says when rows that failed validation are copied again.
type ResyncSettings struct {
	EnableResync     bool   `later:"data resync"`
	ResyncSchedule   string `unused:"rests while EnableResync is false"`
	MaxResyncTime    int    `range:"5..14400" unused:"rests while EnableResync is false"` // minutes
	ValidationTaskId string `unused:"rests while EnableResync is false"`                  //nolint:revive // the JSON key
}

// cronFields is the number of fields of a schedule.
const cronFields = 5

func (r *ResyncSettings) check(fail failure) {
	if r != nil && r.ResyncSchedule != "" && len(strings.Fields(r.ResyncSchedule)) != cronFields {
		fail("ResyncSettings.ResyncSchedule", "is %q; want a cron schedule of five fields, such as \"0 2 * * 6\"", r.ResyncSchedule)
	}
}
