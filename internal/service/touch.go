package service

import (
	"maps"

	"github.com/whimbreldb/whimbrel/internal/policy/action"
)

// TouchChecks makes checks of what a call touches, as the table of actions says. The tags of resources that exist are
// looked up and become aws:ResourceTag/… and the type's own keys, such as dms:rep-tag/….
func TouchChecks(touches []action.Touch, tags func(arn string) (map[string]string, error)) []Check {
	checks := make([]Check, len(touches))
	for i, t := range touches {
		checks[i] = Check{Action: t.Action, Resource: t.Resource, Keys: t.Keys}
		if t.Made || t.Resource == "*" {
			continue
		}
		var have map[string]string
		if have, checks[i].Unread = tags(t.Resource); len(have) > 0 {
			checks[i].Keys = maps.Clone(t.Keys)
			if checks[i].Keys == nil {
				checks[i].Keys = map[string][]string{}
			}
			maps.Copy(checks[i].Keys, action.TagKeys(t.Resource, have))
		}
	}
	return checks
}
