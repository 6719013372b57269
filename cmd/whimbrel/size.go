package main

import (
	"fmt"
	"strconv"
	"strings"
)

// sizeUnits are tried in this order; kB, MB, GB are decimal, KiB, MiB, GiB binary.
var sizeUnits = [...]struct {
	suffix string
	bytes  int64
}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"kB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"B", 1}}

// parseSize reads 16MB; nothing is 0.
func parseSize(text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	for _, u := range sizeUnits {
		if number, ok := strings.CutSuffix(text, u.suffix); ok {
			if n, err := strconv.ParseFloat(number, 64); err == nil && n*float64(u.bytes) >= 1 && n*float64(u.bytes) < 1<<60 {
				return int64(n * float64(u.bytes)), nil
			}
			break
		}
	}
	return 0, usageError{fmt.Errorf("--segment-size %q: want a number with kB, MB, GB, KiB, MiB or GiB, such as 16MB", text)}
}
