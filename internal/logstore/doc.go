// Package logstore keeps log events the way CloudWatch Logs shows them: groups hold streams, streams hold events in the
// order of their times.
//
// A Store is a file on this machine. Events lie in blocks of some tens of kilobytes, so that a million of them are searched in
// a fraction of a second; a block's row and what is known of its stream change in one transaction. Events go when their
// group's retention is over, and the oldest of all when there are more bytes than may be. What Append has answered survives
// the process, however it ends.
package logstore
