package settings

// WhimbrelSettings holds everything that Whimbrel adds to a DMS document.
type WhimbrelSettings struct {
	// Compatibility "dms" asks for DMS's behaviour where Whimbrel's own loses less.
	Compatibility string `enum:",dms"`
	// SecondaryObjects carries indexes, foreign keys, defaults, sequences, views and the like; without it tables and
	// primary keys go alone, as with DMS.
	SecondaryObjects bool
	// FailOnAssessments and WarnOnAssessments name premigration assessments that are made before a task begins, with blanks or
	// commas between them; "all" is every one that applies.
	FailOnAssessments string
	WarnOnAssessments string
}
