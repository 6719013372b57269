package catalog

// ParallelLoad is the parallel-load part of a table-settings rule, as the table mappings write it.
type ParallelLoad struct {
	Type       string // partitions-auto, partitions-list, ranges
	Partitions []string
	Columns    []string   // at most 10
	Boundaries [][]string // each an upper bound; n of them make n+1 segments
}
