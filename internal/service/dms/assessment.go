package dms

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/whimbreldb/whimbrel/internal/assess"
	"github.com/whimbreldb/whimbrel/internal/bucket"
	"github.com/whimbreldb/whimbrel/internal/instance"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
	"github.com/whimbreldb/whimbrel/internal/task"
)

func (s *Service) assessmentOperations() []service.Operation {
	return []service.Operation{
		handle(s, "StartReplicationTaskAssessmentRun", s.startAssessmentRun),
		handle(s, "CancelReplicationTaskAssessmentRun", s.cancelAssessmentRun),
		handle(s, "DeleteReplicationTaskAssessmentRun", s.deleteAssessmentRun),
		handle(s, "DescribeReplicationTaskAssessmentRuns", s.describeAssessmentRuns),
		handle(s, "DescribeReplicationTaskIndividualAssessments", s.describeIndividualAssessments),
		handle(s, "DescribeApplicableIndividualAssessments", s.describeApplicableAssessments),
		handle(s, "StartReplicationTaskAssessment", s.startTaskAssessment),
		handle(s, "DescribeReplicationTaskAssessmentResults", s.describeAssessmentResults),
	}
}

// An AssessmentRun is a run of premigration assessments of a task.
type AssessmentRun struct {
	ID, Name string
	Task     string // its ID
	TaskName string
	Instance string // that makes it
	// Types says that it is a data type assessment of the older kind, of which a task has one.
	Types   bool `json:",omitempty"`
	Role    string
	Bucket  string
	Folder  string      `json:",omitempty"`
	Seal    bucket.Seal `json:",omitzero"`
	Status  string
	Created time.Time
	Done    bool   // nothing is under way any more
	Failure string `json:",omitempty"`
	Names   []string
	Current string `json:",omitempty"` // the assessment that is being made
	// Ended counts the assessments that have ended, by their status.
	Ended map[string]int64  `json:",omitempty"`
	Tags  map[string]string `json:",omitempty"`
}

// An Individual is one assessment of a run. Its ID is that of the run and its number.
type Individual struct {
	ID, Run, Task string
	Status        string
	Started       *time.Time        `json:",omitempty"`
	Result        instance.Assessed // its name from the beginning
	Tags          map[string]string `json:",omitempty"`
}

var (
	assessmentRuns = kind{"assessment-run", "Replication Task Assessment Run"}
	individuals    = kind{"individual-assessment", "Replication Task Individual Assessment"}
)

// The statuses of a run, and of an individual assessment beside those of package assess. A run that was cancelled stays
// cancelling, as DMS has it.
const (
	runStarting      = "starting"
	runProvisioning  = "provisioning"
	runRunning       = "running"
	runCancelling    = "cancelling"
	runDeleting      = "deleting"
	runNoProvision   = "error-provisioning"
	runNoExecution   = "error-executing"
	individualWaits  = "pending"
	individualRuns   = "running"
	typesAssessment  = "unsupported-data-types-in-source"
	longestRunName   = 255
	longestRunFolder = 900
)

// mostRuns is how many runs the account may have: each has some dozens of individual assessments, and a task can be assessed
// again and again.
const mostRuns = 1000

func individualID(run string, number int) string { return fmt.Sprintf("%sI%03d", run, number) }

func individualsOf(run string) string { return individuals.keys() + run + "I" }

func writeRun(tx store.Tx, r *AssessmentRun) error {
	return store.Write(tx, assessmentRuns.keys()+r.ID, r)
}

func writeIndividual(tx store.Tx, i *Individual) error {
	return store.Write(tx, individuals.keys()+i.ID, i)
}

// readIndividuals reads those of a run in their order.
func readIndividuals(from lister, run string) ([]Individual, error) {
	page, err := from.List(store.Range{Prefix: individualsOf(run)})
	if err != nil {
		return nil, fmt.Errorf("list the assessments of run %s: %w", run, err)
	}
	all := make([]Individual, len(page.Items))
	for i, item := range page.Items {
		if err := item.Decode(&all[i]); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// dropRun takes the records of a run away.
func dropRun(tx store.Tx, r *AssessmentRun) error {
	for i := range r.Names {
		tx.Delete(individuals.keys() + individualID(r.ID, i))
	}
	tx.Delete(assessmentRuns.keys() + r.ID)
	if r.Types {
		return nil
	}
	return unclaim(tx, assessmentRuns, r.Name, r.ID)
}

// runsOf reads the runs of a task, the latest last; those of the older kind are left out.
func runsOf(from lister, taskID string) ([]AssessmentRun, error) {
	page, err := from.List(store.Range{Prefix: assessmentRuns.keys()})
	if err != nil {
		return nil, fmt.Errorf("list the assessment runs of task %s: %w", taskID, err)
	}
	var all []AssessmentRun
	for _, item := range page.Items {
		var r AssessmentRun
		if err := item.Decode(&r); err != nil {
			return nil, err
		}
		if r.Task == taskID && !r.Types {
			all = append(all, r)
		}
	}
	slices.SortFunc(all, func(a, b AssessmentRun) int { return a.Created.Compare(b.Created) })
	return all, nil
}

// dropRunsOf takes those of a deleted task away.
func dropRunsOf(tx store.Tx, t *Task) error {
	all, err := runsOf(tx, t.ID)
	if err != nil {
		return err
	}
	if t.TypesRun != "" {
		r, err := found[AssessmentRun](tx, assessmentRuns.keys()+t.TypesRun)
		if err != nil {
			return err
		}
		if r != nil {
			all = append(all, *r)
		}
	}
	for i := range all {
		if err := dropRun(tx, &all[i]); err != nil {
			return err
		}
	}
	return nil
}

// assessedKind says which assessments apply to a task.
func assessedKind(from getter, t *Task) (k assess.Kind, err error) {
	k.Type = task.Type(t.MigrationType)
	for id, to := range map[string]*string{t.Source: &k.Source, t.Target: &k.Target} {
		e, err := lookup[Endpoint](from, endpoints, id)
		if err != nil {
			return k, err
		}
		engine, err := engineOf(e.Engine)
		if err != nil {
			return k, err
		}
		*to = engine.scheme
	}
	return k, nil
}

// selectedNames are the assessments of a run, of those that apply.
func selectedNames(k assess.Kind, only, exclude []string) ([]string, error) {
	if len(only) > 0 && len(exclude) > 0 {
		return nil, invalidCombination("IncludeOnly and Exclude cannot be used together.")
	}
	known := assess.Applicable(k)
	for _, name := range slices.Concat(only, exclude) {
		if !slices.Contains(known, name) {
			return nil, invalidValue("Individual assessment %q does not apply to this task. DescribeApplicableIndividualAssessments lists those that do: %s.", name, strings.Join(known, ", "))
		}
	}
	names := slices.DeleteFunc(known, func(name string) bool {
		return len(only) > 0 && !slices.Contains(only, name) || slices.Contains(exclude, name)
	})
	if len(names) == 0 {
		return nil, invalidCombination("Exclude leaves no individual assessment to be made.")
	}
	return names, nil
}
