package catalog

// Statement is one DDL statement and what it makes, so that it can be skipped when that exists already.
type Statement struct {
	SQL string
	// Makes is what exists once the statement has run. A zero Makes means the statement may be run again safely.
	Makes Ref
}

// Ref points at something in a database.
type Ref struct {
	Kind  RefKind
	Name  Name   // of the thing; for parts of a table Name.Schema is the table's schema
	Table string // the table the part belongs to
}

// RefKind is the kind of thing a Ref points at.
type RefKind string

// The kinds every dialect must be able to look up.
const (
	NoRef         RefKind = ""
	SchemaRef     RefKind = "schema"
	TableRef      RefKind = "table"
	IndexRef      RefKind = "index"
	PrimaryKeyRef RefKind = "primary key"
	ConstraintRef RefKind = "constraint" // unique, check, foreign key
	SequenceRef   RefKind = "sequence"
	ViewRef       RefKind = "view"
	ObjectRef     RefKind = "object"
	PartitionRef  RefKind = "partition" // a table's being a partition of Table
)

// Script is the DDL of one table, cut where the load needs it cut.
type Script struct {
	Create []Statement // before rows
	Keys   []Statement // primary key and unique constraints, when not part of Create
	// Indexes may run at the same time as each other.
	Indexes []Statement
	// Attach may refer to other tables: foreign keys and checks that need all rows in place.
	Attach []Statement
	// Finish runs last: values of sequences, comments, statistics targets, attributes that would slow the load.
	Finish []Statement
}
