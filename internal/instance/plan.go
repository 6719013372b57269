package instance

// A Plan is what a task would do (DescribeMappingPlan).
type Plan struct {
	Source, Target string // without secrets
	// Before and After are the statements around those of the tables.
	Before, After []string
	Tables        []PlannedTable
	Notes         []string // what is carried otherwise, or not at all
	// Unmatched and Overruled describe mapping rules, LeftBehind columns.
	Unmatched, Overruled, LeftBehind []string
}

// A PlannedTable is what would be done to one table.
type PlannedTable struct {
	Source, Target TableName
	Rows, Bytes    int64 // estimates; -1 means unknown
	Segments       int
	Effects        []string // what the mapping does to its rows and columns, in words
	Statements     []string
}
