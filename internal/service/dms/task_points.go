package dms

import (
	"strings"
	"time"
)

// points are where the changes of a task begin and end: CdcStartTime, CdcStartPosition and CdcStopPosition.
// An empty position takes the one away that the task has.
type points struct {
	startTime                   *time.Time
	startPosition, stopPosition string
	noStart, noStop             bool
}

func pointsOf(startTime *time.Time, startPosition, stopPosition *string) points {
	p := points{startPosition: value(startPosition), stopPosition: value(stopPosition)}
	p.noStart, p.noStop = startPosition != nil && p.startPosition == "" && startTime == nil, stopPosition != nil && p.stopPosition == ""
	if startTime != nil {
		at := startTime.UTC()
		p.startTime = &at
	}
	return p
}

func (p points) starts() bool { return p.startTime != nil || p.startPosition != "" }

// check holds them to the rules of the migration type.
func (p points) check(migrationType string) error {
	switch {
	case p.startTime != nil && p.startPosition != "":
		return invalidCombination("CdcStartTime and CdcStartPosition exclude each other: specify one of them.")
	case p.starts() && migrationType != onlyChanges:
		return invalidCombination("CdcStartTime and CdcStartPosition are valid for tasks of migration type cdc alone: after a full load, changes begin where it began. This task's type is %s.", migrationType)
	case p.stopPosition != "" && migrationType == fullLoad:
		return invalidCombination("CdcStopPosition is valid for tasks of migration type cdc and full-load-and-cdc alone. This task's type is full-load.")
	}
	return checkStopPosition(p.stopPosition)
}

// checkStopPosition reads "server_time:2018-02-09T12:12:12" or "commit_time:2018-02-09T12:12:12".
func checkStopPosition(text string) error {
	if text == "" {
		return nil
	}
	word, when, _ := strings.Cut(text, ":")
	known := word == "server_time" || word == "commit_time"
	for _, layout := range []string{"2006-01-02T15:04:05", time.RFC3339} {
		if _, err := time.Parse(layout, strings.TrimSpace(when)); err == nil && known {
			return nil
		}
	}
	return invalidValue("Invalid CdcStopPosition: %q. It has the form server_time:2018-02-09T12:12:12 or commit_time:2018-02-09T12:12:12, in UTC.", text)
}

// put writes into the task what was given; what was not stays.
func (p points) put(t *Task) {
	if p.starts() || p.noStart {
		t.StartTime, t.StartPosition = p.startTime, p.startPosition
	}
	if p.stopPosition != "" || p.noStop {
		t.StopPosition = p.stopPosition
	}
}
