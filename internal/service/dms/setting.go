package dms

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// form is how the values of a setting are written, in the words of DescribeEndpointSettings.
type form string

const (
	text   form = "string"
	truth  form = "boolean"
	number form = "integer"
	choice form = "enum"
)

// A setting is one of an engine's endpoint settings: a member of its document, an extra connection attribute, or both.
//
// Without a reason in why, every value is obeyed. With one, only the values in only are taken, because they are what
// happens anyway; without any in only the setting is refused.
type setting struct {
	name      string
	also      []string // other names that DMS's pages give the attribute
	form      form
	end       string // source or target; empty is both
	exact     bool   // blanks around a value count
	alone     bool   // an extra connection attribute, and no member of the document
	values    []string
	low, high int64
	longest   int // of a text in bytes; 0 is longestText
	unit      string
	otherwise string // what holds without it
	only      []string
	why       string
	does      string // for the documentation
	parameter string // the URL parameter that carries it; empty is the setting of the same name
	without   string // an engine that does not have it
}

func (s *setting) of(e *engine, end string) bool {
	return (s.end == "" || s.end == end) && s.without != e.name
}

func (s *setting) named(name string) bool {
	return strings.EqualFold(s.name, name) || slices.ContainsFunc(s.also, func(n string) bool { return strings.EqualFold(n, name) })
}

// supported reports that there is a value that may be given.
func (s *setting) supported() bool { return s.why == "" || len(s.only) > 0 }

// read checks a value and writes it the way it is kept.
func (s *setting) read(value string) (string, error) {
	if !s.exact {
		value = strings.TrimSpace(value)
	}
	kept, want := s.shape(value)
	if want != "" && s.form == text { // which may be long, or hold what is nobody's business
		return "", invalidValue("Invalid value of the endpoint setting %s. It takes %s.", s.name, want)
	}
	if want != "" {
		return "", invalidValue("Invalid value of the endpoint setting %s: %q. It takes %s.", s.name, shorten(value), want)
	}
	if s.why == "" || slices.Contains(s.only, kept) {
		return kept, nil
	}
	if len(s.only) == 0 {
		return "", invalidValue("The endpoint setting %s is not supported: %s. Leave it out.", s.name, s.why)
	}
	return "", invalidValue("The endpoint setting %s is supported with the value %s alone: %s.", s.name, strings.Join(s.only, " or "), s.why)
}

// shape is a value in its own form, or what would be right.
func (s *setting) shape(value string) (kept, want string) {
	switch s.form {
	case truth:
		switch strings.ToLower(value) {
		case "true", "y", "yes", "1":
			return "true", ""
		case "false", "n", "no", "0":
			return "false", ""
		}
		return "", "true or false"
	case number:
		n, err := strconv.ParseInt(value, 10, 64)
		if err != nil || n < s.low || n > s.high {
			return "", strings.TrimRight(fmt.Sprintf("a whole number from %d to %d %s", s.low, s.high, s.unit), " ")
		}
		return strconv.FormatInt(n, 10), ""
	case choice:
		for _, v := range s.values {
			if strings.EqualFold(v, strings.ReplaceAll(value, "_", "-")) {
				return v, ""
			}
		}
		return "", strings.Join(s.values, ", ")
	}
	most := longestText
	if s.longest > 0 {
		most = s.longest
	}
	if value == "" || strings.ContainsRune(value, 0) || len(value) > most {
		return "", fmt.Sprintf("a text of 1 to %d bytes without a zero byte", most)
	}
	return value, ""
}

const longestText = 4096

// shorten keeps a message readable.
func shorten(value string) string {
	const enough = 80
	if len(value) <= enough {
		return value
	}
	return strings.ToValidUTF8(value[:enough], "") + "…"
}
