package connector

import "github.com/whimbreldb/whimbrel/internal/catalog"

// Alterer is a Dialect that writes the DDL for changes of a table that is there. Tables and columns are the target's own,
// spelled for it as in Dialect.Script.
type Alterer interface {
	AddColumn(t catalog.Name, c *catalog.Column) []catalog.Statement
	DropColumn(t catalog.Name, column string) []catalog.Statement
	RenameColumn(t catalog.Name, from, to string) []catalog.Statement
	// ChangeType gives a column the type of c, keeping its values where they can be converted.
	ChangeType(t catalog.Name, c *catalog.Column) []catalog.Statement
	RenameTable(from, to catalog.Name) []catalog.Statement
}

// PartitionAlterer is an Alterer on whose engine a partition has the columns of its root, where alone they can be altered.
type PartitionAlterer interface {
	// OfPartition returns what alters the columns of tables that may be partitions: then at the root, unless another
	// partition has done so.
	OfPartition() Alterer
}

// Loosener is an Alterer that also lets columns be null.
type Loosener interface {
	// DropNotNull lets a column be null. c is the column as it is then.
	DropNotNull(t catalog.Name, c *catalog.Column) []catalog.Statement
}

// Constrainer is an Alterer that also changes what the values of columns have to be.
type Constrainer interface {
	Loosener
	// ChangeKey gives a table the primary key to in place of from, either of which may be nil. ok is false where that cannot be done
	// to a table that is there.
	ChangeKey(t catalog.Name, from, to *catalog.Key) (ss []catalog.Statement, ok bool)
}
