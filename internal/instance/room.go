package instance

// Room is what the disk has that an instance's directory lies on, which others may share.
type Room struct {
	Free, Whole int64 // bytes; Free is what this process may still take
}
