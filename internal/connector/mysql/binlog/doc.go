// Package binlog takes the events of MySQL's and MariaDB's binary log apart. It reads no socket and keeps nothing: bytes
// go in, and what comes out points into them, so that a row costs no allocation.
//
// Source of the layouts: MySQL internals manual, "Binary Log Events" and "Row Based Replication"; MariaDB, "Replication
// protocol" and its source for compressed events and columns. Every parser checks the lengths it is told: the bytes are
// from outside, and ErrMalformed is the worst they may cause.
package binlog
