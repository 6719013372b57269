package main

import (
	"fmt"
	"strconv"
	"strings"
)

// unit is what a number on the command line counts.
type unit struct {
	suffix string
	scale  float64
}

// byteUnits are tried in this order; kB, MB, GB are decimal, KiB, MiB, GiB binary.
var byteUnits = []unit{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"kB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"B", 1}}

// amount reads a number with one of the units.
func amount(text string, units []unit) (int64, bool) {
	for _, u := range units {
		if number, ok := strings.CutSuffix(text, u.suffix); ok {
			n, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
			n *= u.scale
			return int64(n), err == nil && n >= 1 && n < 1<<53
		}
	}
	return 0, false
}

// parseSize reads 16MB; nothing is 0.
func parseSize(text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	if n, ok := amount(text, byteUnits); ok {
		return n, nil
	}
	return 0, usageError{fmt.Errorf("--segment-size %q: want a number with kB, MB, GB, KiB, MiB or GiB, such as 16MB", text)}
}

// bounded is a flag that holds a whole number between two bounds. Where nobody gives one the number stays what it is.
type bounded struct {
	n         *int
	low, high int
}

// String implements pflag.Value.
func (b *bounded) String() string {
	if b.n == nil || *b.n == 0 {
		return ""
	}
	return strconv.Itoa(*b.n)
}

// Type implements pflag.Value.
func (b *bounded) Type() string { return "number" }

// Set implements pflag.Value.
func (b *bounded) Set(text string) error {
	n, err := strconv.Atoi(text)
	if err != nil || n < b.low || n > b.high {
		return fmt.Errorf("want a whole number, %d to %d", b.low, b.high)
	}
	*b.n = n
	return nil
}
