package dms

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// engineVersion is a version of the replication engine, as DMS numbers them. Here it is a name that says what a client may
// expect; the engine itself is the server's.
type engineVersion struct {
	name                 string
	launched, noNew, end string // days; no new instances after noNew. Empty: not told yet
}

// engineVersions are DMS's, the newest first (AWS DMS user guide, "Working with replication engine versions").
var engineVersions = []engineVersion{
	{"3.6.1", "2025-05-15", "", ""},
	{"3.6.0", "2024-12-27", "2026-04-27", "2026-07-27"},
	{"3.5.4", "2024-11-15", "2027-01-31", "2027-03-31"},
	{"3.5.3", "2024-05-17", "2026-02-28", "2026-06-30"},
	{"3.5.2", "2023-10-29", "2025-03-30", "2025-04-29"},
	{"3.5.1", "2023-06-30", "2024-11-30", "2025-03-15"},
	{"3.4.7", "2022-05-31", "2024-09-30", "2024-10-31"},
	{"3.4.6", "2021-11-30", "2024-09-30", "2024-10-31"},
}

// defaultEngine is what an instance that takes minor upgrades has at least.
const defaultEngine = "3.5.4"

// day reads a day of the table.
func day(text string) *time.Time {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return nil
	}
	return &t
}

func passed(text string, now time.Time) bool {
	t := day(text)
	return t != nil && !now.Before(t.AddDate(0, 0, 1))
}

func (v *engineVersion) orderable(now time.Time) bool { return !passed(v.noNew, now) }
func (v *engineVersion) ended(now time.Time) bool     { return passed(v.end, now) }

func findEngine(name string) (*engineVersion, bool) {
	for i := range engineVersions {
		if engineVersions[i].name == name {
			return &engineVersions[i], true
		}
	}
	return nil, false
}

// newestEngine is what an instance gets that asks for none.
func newestEngine() string { return engineVersions[0].name }

// engineFor is the version of a new instance: one that takes minor upgrades gets the default instead of an older one.
func engineFor(asked string, autoMinor bool, now time.Time) (string, error) {
	if asked == "" {
		return newestEngine(), nil
	}
	v, ok := findEngine(asked)
	if autoMinor && ok && compareVersions(asked, defaultEngine) < 0 {
		return defaultEngine, nil
	}
	if !ok || !v.orderable(now) {
		return "", invalidValue("No replication engine found with version: %s. New instances can have %s.", asked, strings.Join(orderableEngines(now), ", "))
	}
	return asked, nil
}

func orderableEngines(now time.Time) []string {
	var names []string
	for i := range engineVersions {
		if engineVersions[i].orderable(now) {
			names = append(names, engineVersions[i].name)
		}
	}
	return names
}

// upgradesOf lists the versions that one can be upgraded to, the oldest first.
func upgradesOf(name string, now time.Time) []string {
	all := slices.DeleteFunc(orderableEngines(now), func(v string) bool { return compareVersions(v, name) <= 0 })
	slices.Reverse(all)
	return all
}

// checkUpgrade says why a version cannot be changed to another.
func checkUpgrade(from, to string, allowMajor bool, now time.Time) error {
	v, ok := findEngine(to)
	switch {
	case !ok || !v.orderable(now):
		return invalidValue("No replication engine found with version: %s. %s can be upgraded to %s.", to, from, listed(upgradesOf(from, now)))
	case compareVersions(to, from) < 0:
		return invalidCombination("The engine version cannot be changed from %s to %s: downgrades are not possible.", from, to)
	case majorOf(to) != majorOf(from) && !allowMajor:
		return invalidCombination("AllowMajorVersionUpgrade must be true to change the engine version from %s to %s, which is a major upgrade.", from, to)
	}
	return nil
}

func listed(names []string) string {
	if len(names) == 0 {
		return "no other version"
	}
	return strings.Join(names, ", ")
}

// majorOf is the part of a version whose change is a major upgrade: 3.5 of 3.5.4.
func majorOf(name string) string {
	return name[:max(strings.LastIndexByte(name, '.'), 0)]
}

// minorUpgrade is the version that an instance is offered without being asked; empty if it has it.
func minorUpgrade(name string, now time.Time) string {
	best := ""
	for _, v := range upgradesOf(name, now) {
		if majorOf(v) == majorOf(name) {
			best = v
		}
	}
	return best
}

func compareVersions(a, b string) int {
	number := func(text string) (all []int) {
		for part := range strings.SplitSeq(text, ".") {
			n, _ := strconv.Atoi(part) // of our own table
			all = append(all, n)
		}
		return all
	}
	return slices.Compare(number(a), number(b))
}
