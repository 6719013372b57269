package dms

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/whimbreldb/whimbrel/internal/bucket"
	"github.com/whimbreldb/whimbrel/internal/instance"
)

// summaryReport is summary.json.
type summaryReport struct {
	Name        string           `json:"assessmentRunName"`
	ARN         string           `json:"assessmentRunArn"`
	TaskARN     string           `json:"replicationTaskArn"`
	Task        string           `json:"replicationTaskIdentifier"`
	Created     time.Time        `json:"creationDate"`
	Status      string           `json:"status"`
	Failure     string           `json:"lastFailureMessage,omitempty"`
	Statistic   map[string]int64 `json:"resultStatistic"`
	Assessments []summaryLine    `json:"individualAssessments"`
}

type summaryLine struct {
	Name   string `json:"name"`
	About  string `json:"description"`
	Status string `json:"status"`
	File   string `json:"file"`
}

// individualReport is the file of one assessment.
type individualReport struct {
	Name     string         `json:"name"`
	About    string         `json:"description"`
	Status   string         `json:"status"`
	Reason   string         `json:"reason,omitempty"`
	Started  *time.Time     `json:"startDate,omitempty"`
	Findings []objectReport `json:"findings"`
	Unlisted int            `json:"findingsNotListed,omitempty"`
}

type objectReport struct {
	Status string `json:"status"`
	Object string `json:"object"`
	Reason string `json:"reason"`
	Mend   string `json:"remedy,omitempty"`
}

// typesResult is the file of an assessment of data types.
type typesResult struct {
	Version string         `json:"version"`
	Task    string         `json:"replicationTaskIdentifier"`
	Status  string         `json:"assessmentStatus"`
	Objects []objectReport `json:"unsupportedDataTypes"`
	Reason  string         `json:"reason,omitempty"`
}

// reportObjects makes what a run leaves in its bucket.
func (s *Service) reportObjects(r *AssessmentRun, all []Individual) (out []bucket.Object, err error) {
	add := func(name string, what any) {
		body, e := json.MarshalIndent(what, "", "  ")
		if e != nil && err == nil {
			err = fmt.Errorf("encode %s: %w", name, e)
		}
		out = append(out, bucket.Object{Bucket: r.Bucket, Key: resultKey(r, name), Type: "application/json", Body: append(body, '\n'), Seal: r.Seal})
	}
	if r.Types {
		add(typesFile(r.Created), typesReport(r, all))
		return out, err
	}
	sum := summaryReport{
		Name: r.Name, ARN: s.arn(assessmentRuns, r.ID), TaskARN: s.arn(tasks, r.Task), Task: r.TaskName, Created: r.Created, Status: r.Status,
		Failure: r.Failure, Statistic: r.Ended, Assessments: []summaryLine{},
	}
	for _, i := range all {
		file := i.Result.Name + ".json"
		sum.Assessments = append(sum.Assessments, summaryLine{Name: i.Result.Name, About: i.Result.About, Status: i.Status, File: file})
		add(file, individualReport{
			Name: i.Result.Name, About: i.Result.About, Status: i.Status, Reason: i.Result.Reason, Started: i.Started,
			Findings: objectsOf(i.Result.Findings), Unlisted: i.Result.Unlisted,
		})
	}
	add("summary.json", sum) // last: who sees it finds the others
	return out, err
}

func typesReport(r *AssessmentRun, all []Individual) typesResult {
	out := typesResult{Version: "1", Task: r.TaskName, Status: typesStatus(r), Objects: []objectReport{}}
	for _, i := range all {
		out.Objects, out.Reason = append(out.Objects, objectsOf(i.Result.Findings)...), i.Result.Reason
	}
	return out
}

func objectsOf(found []instance.AssessedObject) []objectReport {
	out := make([]objectReport, len(found))
	for i, f := range found {
		out[i] = objectReport{Status: f.Status, Object: f.Object, Reason: f.Reason, Mend: f.Mend}
	}
	return out
}
