package settings

// StreamBufferSettings sizes the buffers of change data capture.
type StreamBufferSettings struct {
	StreamBufferCount        int `range:"1.." absent:"changes travel in groups of bounded size, see MemoryLimitTotal"`
	CtrlStreamBufferSizeInMB int `range:"1..8" absent:"changes travel in groups of bounded size, see MemoryLimitTotal"`
	StreamBufferSizeInMB     int `range:"1.." absent:"changes travel in groups of bounded size, see MemoryLimitTotal"`
}
