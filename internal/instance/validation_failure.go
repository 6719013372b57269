package instance

import "time"

// A ValidationFailure is a row that validation has found to differ, as the target's awsdms_validation_failures_v1 or _v2 has it.
type ValidationFailure struct {
	Table        TableName // the target's
	Time         time.Time
	Key          string
	Kind         string
	Details      string
	ResyncResult string     `json:",omitempty"` // what a resync has done with it: of v2 alone
	ResyncTime   *time.Time `json:",omitempty"`
	ResyncAction string     `json:",omitempty"`
}
