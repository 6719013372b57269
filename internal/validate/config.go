package validate

import (
	"log/slog"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/mapping"
	"github.com/whimbreldb/whimbrel/internal/transform"
)

// Config is a comparison of tables.
type Config struct {
	Source, Target connector.Snapshot
	// Like says that both ends are of one family whose own bytes (change.Native) are to be compared.
	Like   catalog.Family
	Tables []*Table
	// Threads is how many queries run at once on each side (ThreadCount).
	Threads int
	// PartitionRows is how many rows a bucket should hold at first (PartitionSize).
	PartitionRows int
	// TableFailures is how many failures of one table are listed (a repair knows of repairedRows, whatever is listed), Failures how many of all (TableFailureMaxCount, FailureMaxCount);
	// beyond, the table, or everything, is given up. 0 means no bound but that of memory.
	TableFailures, Failures int
	// SkipLOBs leaves large objects out (SkipLobColumns), PartialLOB compares so many of their bytes (ValidationPartialLobSize); 0
	// means all.
	SkipLOBs   bool
	PartialLOB int
	// MaxKey is the largest key in bytes that is listed (MaxKeyColumnSize); rows with a longer one are suspended. 0 means any.
	MaxKey int
	// Rows has all rows read, rather than digested in the databases (ValidationMode ROW_LEVEL).
	Rows bool
	// NoBags leaves tables without a key out, as DMS does.
	NoBags bool
	// Keep keeps the rows that differ for a repair: where Keys are given, as change.KeyText writes them (`id=5, code=abc`), those
	// of these keys alone.
	Keep  bool
	Keys  []string
	Stats *Stats
	// Meter counts the work; nil is that of the Stats.
	Meter *Meter
	Log   *slog.Logger

	// look is shown the rows of the keys that differ, for a Watch, with their keys as predicates of both families.
	look     func(map[[16]byte]*both)
	families [2]catalog.Family
}

// Table is a pair of tables.
type Table struct {
	// Plan says how the source's rows become the target's: its columns have the target's names, and those that the target computes by
	// itself are left out.
	Plan    *mapping.TablePlan
	Target  *catalog.Table
	Options transform.Options
}

// bounds that no setting moves.
const (
	// smallBucket is the number of rows from which on a bucket is read rather than cut smaller.
	smallBucket = 1024
	// unitRows is how many rows are matched at once.
	unitRows = 1 << 19
	// openRows is how many rows may be without their like at one time, before a comparison is given up.
	openRows = 1 << 20
	// maxBuckets bounds the buckets of a table.
	maxBuckets = 1 << 16
	// chunkBuckets is how many buckets one query computes at most, fewBuckets at least.
	chunkBuckets = 128
	fewBuckets   = 8
	// keptBytes is what the rows kept of one table may take.
	keptBytes = 64 << 20
	// repairedRows is how many keys one round of a repair takes up.
	repairedRows = 1 << 16
	// cutInto is how many parts a bucket that differs is cut into.
	cutInto = 16
)

func (c *Config) threads() int { return max(c.Threads, 1) }

func (c *Config) partitionRows() int64 {
	if c.PartitionRows <= 0 {
		return 10_000
	}
	return int64(c.PartitionRows)
}
