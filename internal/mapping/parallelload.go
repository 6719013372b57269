package mapping

import (
	"math"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/document"
)

// The types of parallel-load.
const (
	partitionsAuto    = "partitions-auto"
	subpartitionsAuto = "subpartitions-auto"
	partitionsList    = "partitions-list"
	ranges            = "ranges"
)

const maxRangeColumns = 10

func (s *TableSettings) parallelLoad(r *document.Reader) {
	kind := "none"
	if r.Take("type") != nil {
		kind = word(r, "type", "none", partitionsAuto, subpartitionsAuto, partitionsList, ranges)
	}
	if kind != "none" && kind != "" {
		s.Parallel = &catalog.ParallelLoad{Type: kind}
	}
	switch kind {
	case partitionsAuto:
		s.documentStoreKeys(r)
	case subpartitionsAuto:
		s.Elsewhere = append(s.Elsewhere, "type subpartitions-auto (Oracle)")
	case partitionsList:
		s.partitionList(r)
	case ranges:
		s.rangeKeys(r)
		s.documentStoreKeys(r)
	}
}

func (s *TableSettings) partitionList(r *document.Reader) {
	s.Parallel.Partitions = r.Texts("partitions")
	subpartitions := r.Texts("subpartitions")
	if len(subpartitions) > 0 {
		s.Elsewhere = append(s.Elsewhere, "subpartitions (Oracle)")
	}
	if len(s.Parallel.Partitions)+len(subpartitions) == 0 && r.Problems.Len() == 0 {
		r.Missing("partitions", "the names of the partitions to load")
	}
	seen := map[string]bool{}
	for _, name := range s.Parallel.Partitions {
		if seen[name] {
			r.Failf(r.Take("partitions"), "partition %q occurs twice; its rows would be loaded twice", name)
		}
		seen[name] = true
	}
}

func (s *TableSettings) rangeKeys(r *document.Reader) {
	s.Parallel.Columns = r.Texts("columns")
	if n := r.Take("columns"); n == nil || n.Kind == document.Array && len(n.Items) == 0 {
		r.Missing("columns", "1 to 10 columns")
	} else if len(s.Parallel.Columns) > maxRangeColumns {
		r.Failf(n, "holds %d columns; want 1 to %d", len(s.Parallel.Columns), maxRangeColumns)
	}
	rows, ok := r.Array("boundaries")
	if ok && len(rows) == 0 || r.Take("boundaries") == nil {
		r.Missing("boundaries", "at least one boundary: a value for each column")
	}
	for _, row := range rows {
		if row.Kind != document.Array {
			r.Failf(row, "is %s; want an array with a value for each column", row.Show())
			continue
		}
		if len(row.Items) != len(s.Parallel.Columns) {
			r.Failf(row, "holds %d values; want %d, one for each column", len(row.Items), len(s.Parallel.Columns))
		}
		s.Parallel.Boundaries = append(s.Parallel.Boundaries, r.TextsOf(row.Items))
	}
	if n := r.Take("segment-names"); n != nil {
		if names := r.Texts("segment-names"); len(names) != len(rows)+1 {
			r.Failf(n, "holds %d names; want %d, one for each segment (boundaries and one more)", len(names), len(rows)+1)
		}
		s.Elsewhere = append(s.Elsewhere, "segment-names (S3)")
	}
}

// documentStoreKeys checks the keys that MongoDB and DocumentDB sources have.
func (s *TableSettings) documentStoreKeys(r *document.Reader) {
	for _, key := range []string{"number-of-partitions", "max-records-skip-per-page", "batch-size"} {
		low := int64(1)
		if key == "batch-size" {
			low = 0
		}
		if r.Take(key) != nil {
			r.Whole(key, low, math.MaxInt32)
			s.Elsewhere = append(s.Elsewhere, key+" (MongoDB and DocumentDB)")
		}
	}
	if r.Take("collection-count-from-metadata") != nil {
		r.Flag("collection-count-from-metadata", true)
		s.Elsewhere = append(s.Elsewhere, "collection-count-from-metadata (MongoDB and DocumentDB)")
	}
}
