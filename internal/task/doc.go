// Package task is one run of one migration, used alike by every face of the program: it inspects the source, plans
// with the table mappings, converts the schema, prepares the target, has package fullload move the rows, and finishes
// what can only be made after them.
//
// The order of a run, each step skipping what an interrupted run has already made:
//
//	schemas → objects before tables → sequences → tables → objects after tables → rows, keys and indexes (fullload)
//	→ objects after the load → views → foreign keys and checks → objects at the end → values of sequences, comments
package task
