package mysql

import (
	"regexp"
	"strings"
)

// binaryCollation is the table default for rows of other engines: it compares code points and does not pad, as
// PostgreSQL's and SQLite's usual collations do, so that no two of their keys become one.
func (d Dialect) binaryCollation() string {
	switch d.Flavour {
	case MariaDB:
		return "COLLATE=utf8mb4_nopad_bin"
	case MySQL:
		return "COLLATE=utf8mb4_0900_bin"
	}
	// MariaDB skips comments for versions 5.7 to 9.9, MySQL all that begin with M.
	return "/*M!100200 COLLATE=utf8mb4_nopad_bin*/ /*!80017 COLLATE=utf8mb4_0900_bin*/"
}

// Collations that one of the two servers does not know, and the other's nearest. Both directions keep case and accent
// sensitivity; the order of rare characters may differ. Untested against a real MySQL.
var (
	toMySQLCollations = []collationRule{
		{regexp.MustCompile(`\butf8mb4_uca1400_(nopad_)?a[is]_cs\b`), "utf8mb4_0900_as_cs"},
		{regexp.MustCompile(`\butf8mb4_uca1400_(nopad_)?(a[is]_ci)\b`), "utf8mb4_0900_$2"},
		{regexp.MustCompile(`\butf8mb4_nopad_bin\b`), "utf8mb4_0900_bin"},
		{regexp.MustCompile(`\butf8mb4_(general|unicode|unicode_520)_nopad_ci\b`), "utf8mb4_0900_ai_ci"},
	}
	toMariaDBCollations = []collationRule{
		{regexp.MustCompile(`\butf8mb4_0900_bin\b`), "utf8mb4_nopad_bin"},
		{regexp.MustCompile(`\butf8mb4_0900_(a[is]_c[is])\b`), "utf8mb4_uca1400_nopad_$1"},
	}
	// MariaDB before 10.10 has one collation that pads not and ignores accents and case; what must tell them apart
	// becomes binary, so that no two keys become one.
	toOldMariaDBCollations = []collationRule{
		{regexp.MustCompile(`\butf8mb4_0900_ai_ci\b`), "utf8mb4_unicode_520_nopad_ci"},
		{regexp.MustCompile(`\butf8mb4_0900_(bin|as_ci|as_cs)\b`), "utf8mb4_nopad_bin"},
	}
)

type collationRule struct {
	pattern *regexp.Regexp
	with    string
}

func (d Dialect) collation(name string) string { return d.translate(name) }

// translate replaces what the target's flavour does not know. Text inside quotes stays.
func (d Dialect) translate(sql string) string {
	var rules []collationRule
	switch d.Flavour {
	case MySQL:
		rules = toMySQLCollations
	case MariaDB:
		rules = toMariaDBCollations
		if d.Version > 0 && d.Version < 101000 {
			rules = toOldMariaDBCollations
		}
	default:
		return sql
	}
	return outsideQuotes(sql, func(s string) string {
		for _, r := range rules {
			s = r.pattern.ReplaceAllString(s, r.with)
		}
		return s
	})
}

// outsideQuotes applies f to the stretches of a text that are not quoted.
func outsideQuotes(s string, f func(string) string) string {
	var b strings.Builder
	from := 0
	for n := 0; n < len(s); n++ {
		if !isQuote(s[n]) {
			continue
		}
		b.WriteString(f(s[from:n]))
		from = skipQuoted(s, n)
		b.WriteString(s[n:from])
		n = from - 1
	}
	b.WriteString(f(s[from:]))
	return b.String()
}
