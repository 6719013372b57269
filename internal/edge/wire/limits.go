package wire

// Limits on what a request may hold. They are far above what any client sends.
const (
	MaxBody       = 4 << 20 // bytes of a request
	maxDepth      = 32      // nesting of structures, lists and maps
	maxParameters = 10000   // of a Query request
	maxItems      = 10000   // of one list or map
)
