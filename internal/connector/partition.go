package connector

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// Partitioning is a change of the partitions of a table that stays one table (MySQL).
type Partitioning struct {
	// Clause is what the source's ALTER TABLE says of the table, in its own words.
	Clause string
	// Old are the partitions that it names, New those that it makes.
	Old, New []string
	// Unlogged says which rows it changes without their being changes in the log; empty for none.
	Unlogged string
	// Empties says that the partitions stay, without rows; Foreign that rows come from, or go, elsewhere.
	Empties, Foreign bool
	// Ignored says that rows changed in this way are not to be cared for.
	Ignored bool
}

// Repartitioner is a Dialect whose tables have partitions as MySQL has them.
type Repartitioner interface {
	// Repartition carries a change of partitions over to a table of the same family. source and target are the tables before, as far
	// as is known; they are returned as they are afterwards. It is an error when rows would differ.
	Repartition(p *Partitioning, source, target *catalog.Table) (Repartitioned, error)
}

// Repartitioned is what a change of partitions comes to.
type Repartitioned struct {
	Statements     []catalog.Statement
	Source, Target *catalog.Table
}

// PartitionComparer is a Target on which partitions are tables of their own (PostgreSQL).
type PartitionComparer interface {
	// Unlike says why partitions cannot be those of a partitioned table that the target has already: it is a plain one, or takes other
	// rows in other partitions. It is empty where they can, or there is no such table. tree is the table as it would be made, and all of
	// its partitions.
	Unlike(ctx context.Context, tree []*catalog.Table) (why string, err error)
}
