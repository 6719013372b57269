package convert

import "slices"

var (
	// wholeUnicode are MySQL's character sets of all characters, planeUnicode those of the first 65,536.
	wholeUnicode = []string{"utf8mb4", "utf16", "utf16le", "utf32", "gb18030"}
	planeUnicode = []string{"utf8mb3", "utf8", "ucs2"}
)

// HoldsCharacters reports whether every text in one character set of MySQL is one in another; either may be unknown, which is empty.
func HoldsCharacters(from, to string) bool {
	switch {
	case from == to, from == "", to == "", from == "ascii", slices.Contains(wholeUnicode, to):
		return true
	case slices.Contains(planeUnicode, to):
		return !slices.Contains(wholeUnicode, from)
	}
	return false
}
