package task

import (
	"fmt"
	"strings"
	"time"

	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/task/cdc"
)

// ParseTime reads a time as DMS writes it: UTC, without a zone, with or without a Z.
func ParseTime(text string) (time.Time, error) {
	for _, layout := range []string{"2006-01-02T15:04:05", time.RFC3339} {
		if at, err := time.Parse(layout, strings.TrimSpace(text)); err == nil {
			return at.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("%q: want a time such as 2026-02-09T12:12:12 (UTC)", text)
}

// ParseStart reads DMS's CdcStartPosition, which may be a time too.
func ParseStart(position string) connector.StartPoint {
	if at, err := ParseTime(position); err == nil {
		return connector.StartPoint{At: at}
	}
	return connector.StartPoint{Native: position}
}

// ParseStop reads DMS's CdcStopPosition; an empty one never stops.
func ParseStop(text string) (p cdc.StopPoint, err error) {
	if text == "" {
		return p, nil
	}
	word, when, _ := strings.Cut(text, ":")
	at, err := ParseTime(when)
	switch strings.TrimSpace(word) {
	case "server_time":
		p.ServerTime = at
	case "commit_time":
		p.CommitTime = at
	default:
		return p, fmt.Errorf("%q: want server_time:… or commit_time:…", text)
	}
	return p, err
}
