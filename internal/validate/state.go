package validate

// State is how far the comparison of a table has come, in the words of DMS (ValidationState).
type State string

// The states.
const (
	NotEnabled       State = "Not enabled"
	PendingRecords   State = "Pending records"
	Mismatched       State = "Mismatched records"
	SuspendedRecords State = "Suspended records"
	NoPrimaryKey     State = "No primary key"
	TableError       State = "Table error"
	Validated        State = "Validated"
	Failed           State = "Error"
	Pending          State = "Pending validation"
	Preparing        State = "Preparing table"
	PendingAgain     State = "Pending revalidation"
)
