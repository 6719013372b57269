package main

import (
	"fmt"
	"strings"
)

var rowUnits = []unit{{"krows", 1e3}, {"Mrows", 1e6}, {"rows", 1}}

// parseRates reads limits such as 5000rows/s and 20MB/s; of two of a kind the last one counts.
func parseRates(texts []string) (rows, bytes int64, err error) {
	for _, text := range texts {
		quantity, perSecond := strings.CutSuffix(text, "/s")
		if n, ok := amount(quantity, rowUnits); ok && perSecond {
			rows = n
		} else if n, ok := amount(quantity, byteUnits); ok && perSecond {
			bytes = n
		} else {
			return 0, 0, usageError{fmt.Errorf("--rate-limit %q: want a number with rows/s, krows/s, kB/s, MB/s or GB/s, such as 5000rows/s or 20MB/s", text)}
		}
	}
	return rows, bytes, nil
}
