package settings

import (
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/document"
)

// Logging says what a task logs.
type Logging struct {
	EnableLogging       bool
	EnableLogContext    bool
	DeleteTaskLogs      bool `json:",omitempty" later:"the service"`
	LogComponents       LogComponents
	CloudWatchLogGroup  *string `create:"Task Settings CloudWatchLogGroup or CloudWatchLogStream cannot be set on create"`
	CloudWatchLogStream *string `create:"Task Settings CloudWatchLogGroup or CloudWatchLogStream cannot be set on create"`
}

// LogComponents gives components of a task their severity.
type LogComponents []LogComponent

// LogComponent is one of them.
type LogComponent struct {
	Id       string //nolint:revive // the JSON key
	Severity string
}

// componentIDs are the components DMS knows; a new task lists the first 19.
var componentIDs = []string{
	"TRANSFORMATION", "SOURCE_UNLOAD", "IO", "TARGET_LOAD", "PERFORMANCE", "SOURCE_CAPTURE", "SORTER", "REST_SERVER",
	"VALIDATOR_EXT", "TARGET_APPLY", "TASK_MANAGER", "TABLES_MANAGER", "METADATA_MANAGER", "FILE_FACTORY", "COMMON",
	"ADDONS", "DATA_STRUCTURE", "COMMUNICATION", "FILE_TRANSFER",
	"VALIDATOR", "DATA_RESYNC", "RESYNC_UNLOAD", "RESYNC_APPLY",
}

const listedComponents = 19

// severities are the levels, rising in detail.
var severities = []string{
	"LOGGER_SEVERITY_ERROR", "LOGGER_SEVERITY_WARNING", "LOGGER_SEVERITY_INFO", "LOGGER_SEVERITY_DEFAULT",
	"LOGGER_SEVERITY_DEBUG", "LOGGER_SEVERITY_DETAILED_DEBUG",
}

func defaultComponents() LogComponents {
	var out LogComponents
	for _, id := range componentIDs[:listedComponents] {
		out = append(out, LogComponent{id, "LOGGER_SEVERITY_DEFAULT"})
	}
	return out
}

// fill gives the listed components their severity and leaves the others theirs.
func (l *LogComponents) fill(n *document.Node, problems *document.Problems) {
	if n.Kind == document.Null {
		return
	}
	if n.Kind != document.Array {
		problems.Addf("", n.Path, "is %s; want an array of components", n.Show())
		return
	}
	merged := slices.Clone(*l)
	seen := map[string]bool{}
	for _, item := range n.Items {
		r, ok := item.Read("", problems)
		if !ok {
			continue
		}
		id, severity := oneOf(r, "Id", componentIDs), oneOf(r, "Severity", severities)
		r.Done()
		if id == "" || severity == "" {
			continue
		}
		if seen[id] {
			problems.Addf("", r.Path("Id"), "is %q for the second time; list a component once", id)
		}
		seen[id] = true
		if at := slices.IndexFunc(merged, func(c LogComponent) bool { return c.Id == id }); at >= 0 {
			merged[at].Severity = severity
		} else {
			merged = append(merged, LogComponent{id, severity})
		}
	}
	*l = merged
}

func oneOf(r *document.Reader, key string, words []string) string {
	if r.Take(key) == nil {
		r.Missing(key, "one of "+strings.Join(words, ", "))
		return ""
	}
	s, ok := r.Text(key)
	if ok && !slices.Contains(words, s) {
		r.Failf(r.Take(key), "is %q; want one of %s", s, strings.Join(words, ", "))
		return ""
	}
	return s
}
