package catalog

import "github.com/whimbreldb/whimbrel/internal/datatype"

// Table is a base table, a partitioned table or one of its partitions.
type Table struct {
	Name    Name
	Columns []*Column
	// PrimaryKey is nil when the table has none.
	PrimaryKey  *Key
	Uniques     []*Key // unique constraints, not unique indexes
	Indexes     []*Index
	ForeignKeys []*ForeignKey
	Checks      []*Check
	Comment     string
	// Number is what the engine knows the table by, whatever its name becomes (PostgreSQL's oid); 0 where it tells nothing.
	Number uint32 `json:",omitempty"`

	// Rows and Bytes are the engine's own estimates; -1 means unknown.
	Rows, Bytes int64
	// RowsGuessed says that the engine has no statistics of the table, and Rows is a guess by its size: good for cutting
	// it into parts, not for telling a person how many there are.
	RowsGuessed bool

	// PartitionBy is the partitioning clause of a partitioned table in the engine's text ("RANGE (at)"); its rows
	// are in its partitions. MySQL keeps partitioning in Native instead, and lists names in Partitions.
	PartitionBy string
	// PartitionOf is the parent when the table is a partition, and Bound its clause ("FOR VALUES FROM … TO …").
	PartitionOf *Name
	Bound       string
	// Elsewhere says that the rows are not the table's own; a table that is made just so on a server of the same engine is given none.
	Elsewhere Elsewhere `json:",omitempty"`
	// History are the columns that say from when to when a row was the current one, in a table whose earlier rows the server keeps and can be
	// given again. Reading them reads the earlier rows too.
	History []*Column `json:",omitempty"`
	// Inherits lists parents in PostgreSQL's older inheritance; only rows of the table itself are read.
	Inherits []Name
	// Needs lists the tables that must be created first: parents, and tables whose row type a column has.
	Needs []Name
	// Partitions names the partitions of a table that an engine reads by partition name (MySQL).
	Partitions []string

	// Native is what only the family understands. For PostgreSQL the keys are "persistence" (UNLOGGED), "with"
	// (storage parameters), "access method", "of" (the type of a typed table, quoted), "replica identity" (FULL,
	// NOTHING, USING INDEX …), "cluster" (the name of the index it is clustered on); for MySQL "options" (everything after the closing parenthesis) and
	// "create" (SHOW CREATE TABLE); for SQLite "create" (sqlite_schema.sql), "strict", "without rowid".
	Native map[string]string
}

// Elsewhere is where the rows of a table are that has none of its own.
type Elsewhere string

// The places. InTables are other tables of the same server (MySQL's MERGE), OnServer tables of another one (FEDERATED, SPIDER).
const (
	InTables Elsewhere = "tables"
	OnServer Elsewhere = "server"
)

// Column returns the column of that name, or nil.
func (t *Table) Column(name string) *Column {
	for _, c := range t.Columns {
		if c.Name == name {
			return c
		}
	}
	return nil
}

// MergedNotNull stands in Column.NotNullAs.
const MergedNotNull = "MERGED"

// Column is one column.
type Column struct {
	Name string
	// NativeType is the type as the engine spells it in DDL, with size, and schema when it is not the engine's own:
	// "numeric(12,2)", "int unsigned", "shop.mood".
	NativeType string
	// BaseType is NativeType reduced to a lower-case name without size or attributes, domains resolved: "numeric",
	// "int", "enum", "int4[]".
	BaseType string
	Type     datatype.Type
	NotNull  bool
	// Default is the default expression in the engine's SQL; nil means none.
	Default *string
	// Generated is the expression of a generated column, empty for any other.
	Generated string
	// Stored tells a stored generated column from a virtual one.
	Stored bool
	// Identity marks a column that numbers itself (identity, serial, AUTO_INCREMENT, SQLite AUTOINCREMENT).
	Identity Identity
	// Inherited marks a column that a parent in Table.Inherits brings; CREATE TABLE does not declare it again.
	Inherited bool
	// NotNullAs spells NOT NULL where the plain words would lose something (PostgreSQL 18: name, NO INHERIT).
	// "INHERITED" says that a parent brings it, MergedNotNull that it does so to a column that the child declares too.
	NotNullAs string
	// Attributes are PostgreSQL's settings of the column, as they follow ALTER COLUMN name: "SET STORAGE EXTERNAL".
	Attributes []string
	Charset    string // MySQL
	Collation  string // when not the default
	Comment    string
	// Native is the family's own text after the type ("INVISIBLE", "ON UPDATE …"). For a PostgreSQL column that
	// numbers itself it holds the options of the sequence ("AS integer START WITH 10 …").
	Native string
	// Number is what the engine knows the column by, whatever its name becomes, and gives to no other one (PostgreSQL's attnum); 0 where
	// there is no such thing, or it is not known.
	Number int `json:",omitempty"`
	// Loose is set for a column that declares no type, so that its values alone say what they are.
	Loose *Loose `json:",omitempty"`
}

// NumberedColumn finds a column by its Number, nil when there is none.
func (t *Table) NumberedColumn(number int) *Column {
	for _, c := range t.Columns {
		if number != 0 && c.Number == number {
			return c
		}
	}
	return nil
}

// Identity says how a column numbers itself.
type Identity struct {
	Kind IdentityKind
	// Sequence is the PostgreSQL sequence behind it; zero elsewhere.
	Sequence Name
	// Next is the value the next row will get; 0 means unknown (or zero, when Known).
	Next int64
	// Known tells a Next of zero from an unknown one. Spent says that Next was the last value the sequence had.
	Known, Spent    bool
	Start, Increase int64 // as declared; 0 means 1
}

// IdentityKind is the flavour of self-numbering.
type IdentityKind uint8

// The kinds.
const (
	NotIdentity IdentityKind = iota
	IdentityAlways
	IdentityByDefault // also AUTO_INCREMENT and SQLite AUTOINCREMENT
	IdentitySerial    // PostgreSQL: nextval() default on an owned sequence
)

// EstimatedRows is how many rows the engine's statistics say there are; -1 means unknown.
func (t *Table) EstimatedRows() int64 {
	if t.RowsGuessed {
		return -1
	}
	return t.Rows
}
