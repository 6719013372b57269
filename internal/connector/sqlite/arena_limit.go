//go:build !race

package sqlite

// stageLimit is the size of a batch above which its values are not copied.
const stageLimit = 4 << 20
