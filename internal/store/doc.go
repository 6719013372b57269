// Package store says what the control plane asks of its storage: keys with values, serialisable transactions, watches and
// leases. Package etcd has it, embedded in the process or outside; package storetest is what "has it" means.
//
// Keys are paths such as iam/user/alice. Values are bytes, JSON by custom (see Get and Put). Every change has a revision,
// a number that only grows; a transaction reads one revision and is applied as a whole at another, and is done again when
// something it read has changed in between, also when a key appeared in a range that it listed.
//
// An Update that returned is durable: it is in the write-ahead log of a majority of the members, synced to disk.
package store
