package main

import (
	"regexp"
	"strings"
)

var (
	escaped  = regexp.MustCompile(`\\u([0-9A-Fa-f]{4,5})`)
	longLast = regexp.MustCompile(`\\u10000-\\u10FFFF`) // the models write the planes beyond the first so
)

// goExpression writes a model's regular expression, which is Java's, as Go's regexp wants it.
func goExpression(pattern string) string {
	if pattern == `^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$` {
		// An account alias: no two hyphens together. Go has no look-ahead; what follows says the same but for the length,
		// which the shape's own bounds hold.
		return `[a-z0-9]+(?:-[a-z0-9]+)*`
	}
	e := longLast.ReplaceAllString(pattern, `\x{10000}-\x{10FFFF}`)
	e = strings.ReplaceAll(e, `\uD7FF\uE000`, `\x{D7FF}\x{E000}`)
	return escaped.ReplaceAllString(e, `\x{$1}`)
}
