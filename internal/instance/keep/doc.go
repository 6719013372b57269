// Package keep is what lies in the directory of a replication instance, which nobody but its owner may enter:
//
//	socket            where its process answers
//	lock              held by its process, so that there is one
//	process.log       what the process says, and a fault that ended it
//	*.pem             authorities of endpoints
//	tasks/ID/log      the log of a task, with log.1 … as it grows
//	tasks/ID/state    its last attempt
//	tasks/ID/tables   the statistics of its tables
//
// Files are replaced whole, so that they may be read while the process runs, and after it has died.
package keep
