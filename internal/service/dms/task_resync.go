package dms

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/whimbreldb/whimbrel/internal/settings"
)

// namingValidationTask puts the name of the task whose failures are resynced, under which they lie in the target, in the place of the
// resource ID by which ResyncSettings.ValidationTaskId knows it. why says what is wrong with that task.
func (s *Service) namingValidationTask(ctx context.Context, t *Task, document string) (out, why string, err error) {
	set, err := t.storedSettings()
	if err != nil {
		return "", "", err
	}
	if set.ResyncSettings == nil || !set.ResyncSettings.EnableResync || set.ResyncSettings.ValidationTaskId == "" || t.Status == taskDeleting {
		return document, "", nil
	}
	id := set.ResyncSettings.ValidationTaskId
	other, err := current[Task](ctx, s, tasks.keys()+id)
	if err != nil {
		return "", "", err
	}
	if other == nil {
		return "", fmt.Sprintf("ResyncSettings.ValidationTaskId: there is no task with the resource ID %s (the last part of its ARN).", id), nil
	}
	if why, err := other.validatesAlone(t); why != "" || err != nil {
		return "", why, err
	}
	var all map[string]any
	if err := json.Unmarshal([]byte(document), &all); err != nil {
		return "", "", fmt.Errorf("read the settings of task %s: %w", t.ID, err)
	}
	if section, ok := all["ResyncSettings"].(map[string]any); ok {
		section["ValidationTaskId"] = other.Name
	}
	text, err := json.Marshal(all)
	if err != nil {
		return "", "", fmt.Errorf("write the settings of task %s: %w", t.ID, err)
	}
	return string(text), "", nil
}

// validatesAlone says why another task cannot resync what this one finds.
func (t *Task) validatesAlone(other *Task) (why string, err error) {
	set, err := t.storedSettings()
	if err != nil {
		return "", err
	}
	theirs, err := other.storedSettings()
	if err != nil {
		return "", err
	}
	schema := func(s *settings.Settings) string { return s.ControlTablesSettings.ControlSchema }
	switch {
	case !set.ValidationSettings.EnableValidation || !set.ValidationSettings.ValidationOnly:
		return fmt.Sprintf("ResyncSettings.ValidationTaskId: task %s is not a validation-only one (ValidationSettings.ValidationOnly).", t.Name), nil
	case t.Target != other.Target:
		return fmt.Sprintf("ResyncSettings.ValidationTaskId: task %s has another target endpoint.", t.Name), nil
	case schema(set) != schema(theirs):
		return fmt.Sprintf("ResyncSettings.ValidationTaskId: task %s has ControlSchema %q and this task %q; they must be the same, as the failures lie there.", t.Name, schema(set), schema(theirs)), nil
	}
	return "", nil
}
