package instance

import "time"

// An Exception is a row or a change that a task has left out, as its target's awsdms_apply_exceptions has it.
type Exception struct {
	Table     TableName // the target's
	Time      time.Time
	Key       string // of the row, `column=value, …`; empty where the statement does not say
	Statement string
	Reason    string
}

// Exceptions says which of them are asked for.
type Exceptions struct {
	Table       TableName // of all tables if it is empty
	Skip, Limit int
}

// Replayed is what became of rows that were copied once more.
type Replayed struct {
	Written, Removed int64
	Equal            []string // keys whose rows were the same already
	Left             []LeftRow
}

// LeftRow is a row that is not the same after all, and why.
type LeftRow struct{ Key, Reason string }
