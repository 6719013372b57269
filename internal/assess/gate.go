package assess

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/settings"
	"github.com/whimbreldb/whimbrel/internal/span"
	"github.com/whimbreldb/whimbrel/internal/task"
)

// everyName stands for all assessments that apply.
const everyName = "all"

// CheckSettings finds names of assessments that there are not.
func CheckSettings(s *settings.Settings) error {
	var problems []error
	known := Names()
	for key, list := range map[string]string{"FailOnAssessments": s.WhimbrelSettings.FailOnAssessments, "WarnOnAssessments": s.WhimbrelSettings.WarnOnAssessments} {
		for _, name := range namesIn(list) {
			if name != everyName && !slices.Contains(known, name) {
				problems = append(problems, fmt.Errorf("WhimbrelSettings.%s: %q is no assessment; want %s or some of %s", key, name, everyName, strings.Join(known, ", ")))
			}
		}
	}
	return errors.Join(problems...)
}

func namesIn(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' || r == '\t' })
}

// Gate makes the assessments that the settings have made a condition of a task's start, before it touches anything. Those
// to warn of are logged; the error lists what has failed of the others, with what mends it.
func Gate(ctx context.Context, t *task.Task, log *slog.Logger) error {
	s := t.Settings.WhimbrelSettings
	if s.FailOnAssessments == "" && s.WarnOnAssessments == "" {
		return nil
	}
	ctx, step := span.Start(ctx, "assess")
	err := gate(ctx, t, log)
	span.End(step, err)
	return err
}

func gate(ctx context.Context, t *task.Task, log *slog.Logger) error {
	s := t.Settings.WhimbrelSettings
	if err := CheckSettings(t.Settings); err != nil {
		return &connector.Error{Class: connector.Invalid, Err: err}
	}
	found, err := t.Examine(ctx)
	if err != nil {
		return fmt.Errorf("assess the task before it starts: %w", err)
	}
	failOn, warnOn := namesIn(s.FailOnAssessments), namesIn(s.WarnOnAssessments)
	wanted := func(list []string, name string) bool {
		return slices.Contains(list, everyName) || slices.Contains(list, name)
	}
	only := slices.DeleteFunc(Applicable(KindOf(found)), func(name string) bool { return !wanted(failOn, name) && !wanted(warnOn, name) })
	if len(only) == 0 {
		return nil
	}
	report, err := Run(ctx, found, Options{Selection: Selection{Only: only}})
	if err != nil {
		return err
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	var why []string
	for _, r := range report.Results {
		stops := wanted(failOn, r.Name) && (r.Status == Failed || r.Status == Errored)
		if stops {
			why = append(why, r.told()...)
		}
		if !stops && r.Status != Passed && r.Status != Skipped && log != nil {
			for _, line := range r.told() {
				log.WarnContext(ctx, "assessment before the start", "assessment", r.Name, "status", string(r.Status), "found", line)
			}
		}
	}
	if len(why) == 0 {
		return nil
	}
	return &connector.Error{Class: connector.Invalid, Err: fmt.Errorf("the task is not started, as FailOnAssessments asks: %s", strings.Join(why, "; "))}
}

// told spells a result, a line for each thing found.
func (r *Result) told() (lines []string) {
	if r.Reason != "" {
		lines = append(lines, r.Name+": "+r.Reason)
	}
	for _, f := range r.Findings {
		line := r.Name + ": " + f.Object + ": " + f.Reason
		if f.Mend != "" {
			line += " (mend: " + f.Mend + ")"
		}
		lines = append(lines, line)
	}
	return lines
}
