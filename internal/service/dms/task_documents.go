package dms

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/assess"
	"github.com/whimbreldb/whimbrel/internal/mapping"
	"github.com/whimbreldb/whimbrel/internal/settings"
)

// checkMappings holds a document of table mappings to the grammar, and refuses rules that nothing could honour.
func checkMappings(document string) error {
	rules, err := mapping.Parse([]byte(document))
	if err != nil {
		return invalidValue("Invalid Table Mappings document. %s", oneLine(err))
	}
	if len(rules.Deferred) > 0 {
		d := rules.Deferred[0]
		return invalidValue("Invalid Table Mappings document. %s: %s, which is not there yet", d.Header, d.Belongs)
	}
	return nil
}

// documents are complete task settings: the document, the paths that were chosen now or before, and what is to be done once.
type documents struct {
	complete string
	chosen   []string
	clearLog bool
}

// completeSettings reads a document of task settings over what is there. DeleteTaskLogs is nothing that a task keeps: it is done once.
func completeSettings(have *settings.Settings, document string, made bool) (out documents, err error) {
	before := have.Chosen()
	read, err := settings.ParseOver(have.Untouched(), []byte(document))
	if err != nil {
		return out, invalidValue("Invalid task settings JSON. %s", oneLine(err))
	}
	out.clearLog, read.Logging.DeleteTaskLogs = read.Logging.DeleteTaskLogs, false
	if log := &read.Logging; log.CloudWatchLogGroup != nil || log.CloudWatchLogStream != nil {
		if !made {
			return out, invalidValue("Task Settings CloudWatchLogGroup or CloudWatchLogStream cannot be set on create.")
		}
		// A document that was described and is handed back has the names that we show.
		log.CloudWatchLogGroup, log.CloudWatchLogStream = nil, nil
	}
	if err := errors.Join(read.Check(), assess.CheckSettings(read)); err != nil {
		return out, invalidValue("Invalid task settings JSON. %s", oneLine(err))
	}
	if out.complete, err = written(read); err != nil {
		return out, err
	}
	chosen := slices.DeleteFunc(append(before, read.Chosen()...), func(path string) bool { return path == deleteTaskLogs })
	slices.Sort(chosen)
	out.chosen = slices.Compact(chosen)
	return out, nil
}

const deleteTaskLogs = "Logging.DeleteTaskLogs"

// written is the document as DMS shows it: indented, all keys.
func written(s *settings.Settings) (string, error) {
	text, err := s.JSON()
	if err != nil {
		return "", err
	}
	return strings.TrimSuffix(string(text), "\n"), nil
}

// storedSettings reads a task's settings with what a person chose of them.
func (t *Task) storedSettings() (*settings.Settings, error) {
	s, err := settings.Parse([]byte(t.Settings))
	if err != nil {
		return nil, fmt.Errorf("read the settings of task %s: %w", t.ID, err)
	}
	return s.WithChosen(t.Chosen), nil
}

// effectiveSettings is the document for the instance: without the defaults that nobody chose, because some of them leave
// a choice to the engine.
func (t *Task) effectiveSettings() (string, error) {
	var stored, defaults map[string]any
	if err := json.Unmarshal([]byte(t.Settings), &stored); err != nil {
		return "", fmt.Errorf("read the settings of task %s: %w", t.ID, err)
	}
	text, err := settings.Defaults().JSON()
	if err != nil {
		return "", err
	}
	if err := json.Unmarshal(text, &defaults); err != nil {
		return "", fmt.Errorf("read the default settings: %w", err)
	}
	chosen := map[string]bool{}
	for _, path := range t.Chosen {
		chosen[path] = true
	}
	dropDefaults(stored, defaults, "", chosen)
	out, err := json.Marshal(stored)
	if err != nil {
		return "", fmt.Errorf("write the settings of task %s: %w", t.ID, err)
	}
	return string(out), nil
}

func dropDefaults(stored, defaults map[string]any, path string, chosen map[string]bool) {
	for key, v := range stored {
		at := path + key
		if section, ok := v.(map[string]any); ok {
			if known, ok := defaults[key].(map[string]any); ok {
				dropDefaults(section, known, at+".", chosen)
			}
			continue
		}
		if !chosen[at] && fmt.Sprint(v) == fmt.Sprint(defaults[key]) {
			delete(stored, key)
		}
	}
}

// loggingOnly reports whether two complete documents differ in the severities of their logs at most.
func loggingOnly(a, b string) bool {
	x, y := map[string]any{}, map[string]any{}
	if json.Unmarshal([]byte(a), &x) != nil || json.Unmarshal([]byte(b), &y) != nil {
		return false
	}
	for _, m := range []map[string]any{x, y} {
		if log, ok := m["Logging"].(map[string]any); ok {
			delete(log, "LogComponents")
		}
	}
	return fmt.Sprint(x) == fmt.Sprint(y)
}

// oneLine puts a joined error on one line.
func oneLine(err error) string { return strings.ReplaceAll(err.Error(), "\n", "; ") }
