package instance

// An Assessment is a run of premigration assessments of a task.
type Assessment struct {
	// ID is that of the run: beginning the same one again changes nothing.
	ID   string
	Task Task
	// Only are the names of the assessments that are left to make.
	Only []string
}

// An AssessmentState is how far a run has come in the process that answers.
type AssessmentState struct {
	Current string // the assessment that is being made
	Results []Assessed
	Ended   bool
	// Failure is why none could be made; the run has ended with it.
	Failure string
}

// Assessed is the end of one assessment.
type Assessed struct {
	Name, About, Status string
	Reason              string           `json:",omitempty"`
	Findings            []AssessedObject `json:",omitempty"`
	Unlisted            int              `json:",omitempty"` // findings beyond those that are listed
}

// An AssessedObject is one thing that an assessment has found.
type AssessedObject struct {
	Status, Object, Reason string
	Mend                   string `json:",omitempty"`
}
