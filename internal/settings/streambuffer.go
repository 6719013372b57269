package settings

// StreamBufferSettings sizes the buffers of change data capture.
type StreamBufferSettings struct {
	StreamBufferCount        int `range:"1.." later:"change data capture"`
	CtrlStreamBufferSizeInMB int `range:"1..8" later:"change data capture"`
	StreamBufferSizeInMB     int `range:"1.." later:"change data capture"`
}
