//go:build race

package sqlite

import "math"

// stageLimit never leaves values in place: the race detector comes with a check of pointers that takes any address in
// Go's heap that has been an integer for a mistake.
const stageLimit = math.MaxInt
