// Package datafile is an SQLite file that a store of this machine keeps its data in: opened so that what was committed survives
// the process, measured, and made smaller again when data have been deleted.
package datafile
