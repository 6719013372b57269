package catalog

// Key is a primary key or a unique constraint.
type Key struct {
	Name    string
	Columns []string
	DDL     string // the family's own definition ("UNIQUE NULLS NOT DISTINCT (a) INCLUDE (b) DEFERRABLE"); optional
	Comment string
	// NullsNotDistinct is PostgreSQL 15's; it changes what the constraint means.
	NullsNotDistinct bool
	// Deferrable says that the constraint may be broken until a statement or a transaction ends.
	Deferrable bool `json:",omitempty"`
	// Apart says that an Object makes the key once rows and partitions are there.
	Apart bool `json:",omitempty"`
}

// Index is a secondary index, unique or not.
type Index struct {
	Name    string
	Unique  bool
	Method  string // btree, hash, gin, fulltext, spatial …; empty means btree
	Parts   []IndexPart
	Include []string
	Where   string // predicate of a partial index, in the engine's SQL
	DDL     string // the family's own CREATE INDEX statement, schema-qualified; valid only if nothing was renamed
	// Attributes are PostgreSQL's settings of the index, as they follow ALTER INDEX name.
	Attributes []string
	Comment    string
}

// IndexPart is one column or expression of an index.
type IndexPart struct {
	Column     string
	Expression string // in the engine's SQL; empty when Column is set
	Descending bool
	// Length is MySQL's prefix length in characters; 0 means the whole value.
	Length int
}

// ForeignKey is a foreign key constraint.
type ForeignKey struct {
	Name       string
	Columns    []string
	Table      Name // referenced
	References []string
	OnDelete   string // "CASCADE", "SET NULL", "SET DEFAULT", "RESTRICT", or empty for NO ACTION
	OnUpdate   string
	Match      string // "FULL", or empty
	Deferrable string // "", "DEFERRABLE", "DEFERRABLE INITIALLY DEFERRED"
	NotValid   bool
	DDL        string // the family's own definition, valid only if nothing was renamed
	Comment    string
}

// Check is a check constraint.
type Check struct {
	Name       string
	Expression string // in the engine's SQL, without CHECK and the outer parentheses
	DDL        string
	Comment    string
	// Inherited marks a constraint that a parent in Table.Inherits brings; CREATE TABLE does not declare it again.
	Inherited bool
	// Late says that it can only be added when all tables and rows are in place: it calls a function.
	Late bool
	// NotValid says that rows may break it.
	NotValid bool
}

// Sequence is a sequence of its own, not one behind an identity or serial column.
type Sequence struct {
	Name                      Name
	Type                      string
	Start, Min, Max, Increase int64
	Cache                     int64
	Cycle                     bool
	// Last is the last value handed out and Called whether it was; the next is Last when Called is false.
	Last    int64
	Called  bool
	DDL     []string
	Comment string
	// Engine is MariaDB's storage engine for it.
	Engine string `json:",omitempty"`
}

// View is a view or a materialized view.
type View struct {
	Name         Name
	Materialized bool
	Columns      []*Column
	Query        string // the defining query in the engine's SQL
	Options      string // PostgreSQL: what stands in WITH (…)
	Indexes      []*Index
	DDL          []string
	// Needs lists tables and views the view reads, as far as the engine records it. Views are listed in an order in
	// which they can be created.
	Needs   []Name
	Rows    int64
	Bytes   int64
	Comment string
}
