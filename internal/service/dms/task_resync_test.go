package dms

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/settings"
)

// TestTheValidationTaskOfAResyncIsNamed has a task resync what another finds: it is known by its resource ID, its failures by its name.
func TestTheValidationTaskOfAResyncIsNamed(t *testing.T) {
	b := newTaskBench(t, taskStore(t), 1)
	record := func(id, document string, edit func(*Task)) *Task {
		r := &Task{ID: id, Name: "task-" + id, Status: taskReady, Source: "S", Target: "T", Instance: "I1", MigrationType: "cdc", Mappings: everything}
		read, err := completeSettings(settings.Defaults(), document, false)
		require.NoError(t, err)
		r.Settings, r.Chosen = read.complete, read.chosen
		edit(r)
		b.put(t, tasks.keys()+id, r)
		return r
	}
	const only = `{"ValidationSettings":{"EnableValidation":true,"ValidationOnly":true},"FullLoadSettings":{"TargetTablePrepMode":"DO_NOTHING"}}`
	same := func(*Task) {}
	record("PROOF", only, same)
	record("PLAIN", "{}", same)
	record("ELSEWHERE", only, func(r *Task) { r.Target = "T2" })
	record("SCHEMA", `{"ControlTablesSettings":{"ControlSchema":"x"},`+only[1:], same)
	for id, want := range map[string]string{
		"PROOF": "", "NONE": "no task with the resource ID NONE", "PLAIN": "task-PLAIN is not a validation-only one",
		"ELSEWHERE": "another target endpoint", "SCHEMA": "ControlSchema",
	} {
		r := record("R", `{"ResyncSettings":{"EnableResync":true,"ResyncSchedule":"0 2 * * 6","MaxResyncTime":5,"ValidationTaskId":"`+id+`"}}`, same)
		document, err := r.effectiveSettings()
		require.NoError(t, err)
		named, why, err := b.namingValidationTask(t.Context(), r, document)
		require.NoError(t, err)
		if want != "" {
			require.Contains(t, why, want)
			continue
		}
		require.Empty(t, why)
		read, err := settings.Parse([]byte(named))
		require.NoError(t, err)
		require.Equal(t, "task-PROOF", read.ResyncSettings.ValidationTaskId)
		require.Equal(t, "0 2 * * 6", read.ResyncSettings.ResyncSchedule)
	}
}
