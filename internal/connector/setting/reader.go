// Package setting reads the endpoint settings of a connector: texts by the names that DMS gives them, in whatever case.
// What nobody has asked for is unknown, and an error.
package setting

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/connector"
)

// Reader hands settings out one by one, and keeps the first thing that is wrong. All its errors are of class Invalid.
type Reader struct {
	values map[string]string
	known  []string
	err    error
}

// Read begins to read settings.
func Read(values map[string]string) *Reader { return &Reader{values: values} }

// Take returns a setting as it was given, and whether it was.
func (r *Reader) Take(name string) (string, bool) {
	r.known = append(r.known, name)
	for k, v := range r.values {
		if strings.EqualFold(k, name) {
			return v, true
		}
	}
	return "", false
}

// Text returns a setting, which may be empty.
func (r *Reader) Text(name, otherwise string) string {
	if v, ok := r.Take(name); ok {
		return v
	}
	return otherwise
}

// Filled returns a setting; an empty one says as much as none.
func (r *Reader) Filled(name, otherwise string) string {
	if v, ok := r.Take(name); ok && v != "" {
		return v
	}
	return otherwise
}

// Truth returns a setting that is true or false.
func (r *Reader) Truth(name string, otherwise bool) bool {
	v, ok := r.Take(name)
	if !ok {
		return otherwise
	}
	b, err := strconv.ParseBool(strings.ToLower(v))
	if err != nil {
		r.Fail(name, v, "true or false")
	}
	return b
}

// Number returns a whole number between two bounds.
func (r *Reader) Number(name string, otherwise, low, high int) int {
	v, ok := r.Take(name)
	if !ok {
		return otherwise
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < low || n > high {
		r.Fail(name, v, fmt.Sprintf("a whole number from %d to %d", low, high))
	}
	return n
}

// Choice returns one of some words, the first where none is given: as the API spells them, and as the guide does
// (parquet-2-0, PARQUET_2_0). The first may be empty: nothing is chosen then.
func (r *Reader) Choice(name string, words ...string) string {
	v := r.Filled(name, words[0])
	for _, w := range words {
		if strings.EqualFold(strings.ReplaceAll(v, "_", "-"), w) {
			return w
		}
	}
	r.Fail(name, v, strings.TrimPrefix(strings.Join(words, ", "), ", "))
	return words[0]
}

// Only takes a setting of which some values are what is done anyway, and no other can be had.
func (r *Reader) Only(name, why string, values ...string) {
	v, ok := r.Take(name)
	if ok && !slices.ContainsFunc(values, func(w string) bool { return strings.EqualFold(v, w) }) {
		r.Fail(name, v, strings.Join(values, " or ")+" ("+why+")")
	}
}

// Refuse takes a setting that would do nothing here.
func (r *Reader) Refuse(name, why string) {
	if _, ok := r.Take(name); ok {
		r.Wrong("leave it out", "setting %s is not supported: %s", name, why)
	}
}

// Fail says that a setting has a wrong value, and what would be a right one.
func (r *Reader) Fail(name, value, want string) {
	r.Wrong("", "setting %s is %q: want %s", name, value, want)
}

// Wrong says what else is wrong, and how to mend it.
func (r *Reader) Wrong(remedy, format string, args ...any) {
	if r.err == nil {
		r.err = &connector.Error{Class: connector.Invalid, Err: fmt.Errorf(format, args...), Remedy: remedy}
	}
}

// End returns a setting that nobody asked for, else the first thing that was wrong: where a name has a slip in it, that is why another
// setting is not there.
func (r *Reader) End() error {
	for _, k := range slices.Sorted(maps.Keys(r.values)) {
		if !slices.ContainsFunc(r.known, func(n string) bool { return strings.EqualFold(k, n) }) {
			slices.Sort(r.known)
			remedy := "leave it out: there are none"
			if len(r.known) > 0 {
				remedy = "known are " + strings.Join(slices.Compact(r.known), ", ")
			}
			r.err = nil
			r.Wrong(remedy, "there is no setting %q here", k)
			break
		}
	}
	return r.err
}
