package dms

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/instance"
)

// TestReportsOfOtherAttemptsSayNothing holds what a controller makes of a report to the attempt that its record names, and
// to what was known when the instance was asked.
func TestReportsOfOtherAttemptsSayNothing(t *testing.T) {
	for name, c := range map[string]struct {
		asked    int64 // when the instance was asked for its tasks; the attempt was sent at 10
		sent     int64 // the attempt that was sent last by this controller
		attempt  int64 // of the report; 0: the task is not in it
		running  bool
		standing standing
	}{
		"it runs":                           {11, 3, 3, true, running},
		"it runs, asked before":             {9, 3, 3, true, running},
		"it has ended":                      {11, 3, 3, false, ended},
		"an earlier one runs":               {11, 3, 2, true, lost},
		"an earlier one runs, asked early":  {9, 3, 2, true, unknown},
		"an earlier one has ended":          {11, 3, 2, false, lost},
		"an earlier one ended, asked early": {9, 3, 2, false, unknown},
		"a later one runs":                  {11, 3, 4, true, lost},
		"nothing, asked early":              {9, 3, 0, false, unknown},
		"nothing":                           {11, 3, 0, false, lost},
		"nothing, and it was sent by another controller": {9, 0, 0, false, lost},
	} {
		c0 := newController(&Service{live: newLive()}, "")
		task := &Task{ID: "K", Instance: "I", Attempt: 3}
		_, got := c0.standing(task)
		require.Equal(t, unknown, got, "an instance that has said nothing")
		r := &report{asked: c.asked, tasks: map[string]instance.TaskState{}}
		if c.attempt > 0 {
			r.tasks["K"] = instance.TaskState{ID: "K", Attempt: c.attempt, Running: c.running}
		}
		c0.live.put("I", r)
		n := c0.note("K")
		n.attempt, n.returned = c.sent, 10
		_, got = c0.standing(task)
		require.Equal(t, c.standing, got, name)
	}
}
