package instance

import "errors"

// ErrNoRoom is in the chain when an instance could not write down what it must.
var ErrNoRoom = errors.New("the replication instance has no room on its disk")

// Room is what a disk has that an instance writes to, which others may share.
type Room struct {
	Free, Whole int64 // bytes; Free is what this process may still take
	Temporary   bool  // what lies there are temporary files, not the instance's directory
}
