package progress

import (
	"sync/atomic"

	"github.com/whimbreldb/whimbrel/internal/task/fullload"
)

// The bars are drawn by a goroutine of the drawing library's, so what they show is handed over atomically.
type (
	atomicTotal  = atomic.Pointer[Total]
	atomicText   = atomic.Pointer[string]
	atomicCounts = atomic.Pointer[fullload.TableCounts]
)
