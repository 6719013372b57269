package ec2

import (
	"encoding/base64"
	"slices"
	"strconv"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/ec2api"
)

// fields answers the values of a record that filters look at, by the name of the filter.
type fields map[string][]string

// matching keeps the records that pass all filters: different filters must all hold, one of a filter's values must.
func matching[T any](all []T, filters []ec2api.Filter, tags func(*T) map[string]string, of func(*T) fields) ([]T, error) {
	var kept []T
	for i := range all {
		ok := true
		for _, f := range filters {
			have, known := lookAt(value(f.Name), of(&all[i]), tags(&all[i]))
			if !known {
				return nil, invalid("The filter '%s' is invalid", value(f.Name))
			}
			ok = ok && slices.ContainsFunc(f.Values, func(pattern string) bool {
				return slices.ContainsFunc(have, func(v string) bool { return like(pattern, v) })
			})
		}
		if ok {
			kept = append(kept, all[i])
		}
	}
	if len(all) == 0 { // unknown names are refused also where there is nothing to look at
		var none T
		for _, f := range filters {
			if _, known := lookAt(value(f.Name), of(&none), nil); !known {
				return nil, invalid("The filter '%s' is invalid", value(f.Name))
			}
		}
	}
	return kept, nil
}

func lookAt(name string, of fields, tags map[string]string) (have []string, known bool) {
	if key, ok := strings.CutPrefix(name, "tag:"); ok {
		if v, there := tags[key]; there {
			return []string{v}, true
		}
		return nil, true
	}
	switch name {
	case "tag-key":
		for k := range tags {
			have = append(have, k)
		}
		return have, true
	case "tag-value":
		for _, v := range tags {
			have = append(have, v)
		}
		return have, true
	}
	have, known = of[name]
	return have, known
}

// like compares with * and ?; a backslash takes the next character as it is.
func like(pattern, text string) bool {
	p, t := 0, 0
	star, mark := -1, 0
	for t < len(text) {
		c, width, wild := token(pattern, p)
		switch {
		case width > 0 && wild && c == '*':
			star, mark, p = p, t, p+1
		case width > 0 && (wild && c == '?' || !wild && c == text[t]):
			p, t = p+width, t+1
		case star >= 0: // the last star takes one character more
			mark++
			p, t = star+1, mark
		default:
			return false
		}
	}
	for {
		c, width, wild := token(pattern, p)
		if width == 0 {
			return true
		}
		if !wild || c != '*' {
			return false
		}
		p += width
	}
}

// token reads one character of a pattern; wild says that it stands for others.
func token(pattern string, at int) (c byte, width int, wild bool) {
	switch {
	case at >= len(pattern):
		return 0, 0, false
	case pattern[at] == '\\' && at+1 < len(pattern):
		return pattern[at+1], 2, false
	}
	return pattern[at], 1, pattern[at] == '*' || pattern[at] == '?'
}

// paged cuts a page out of records that are in order.
func paged[T any](all []T, id func(*T) string, most *int64, token *string) (page []T, next *string, err error) {
	if token != nil && *token != "" {
		after, err := base64.RawURLEncoding.DecodeString(*token)
		if err != nil {
			return nil, nil, fault("InvalidNextToken", "The token '%s' is invalid", *token)
		}
		all = slices.DeleteFunc(slices.Clone(all), func(v T) bool { return id(&v) <= string(after) })
	}
	if most == nil {
		return all, nil, nil
	}
	if *most < 5 || *most > 1000 {
		return nil, nil, invalid("Value ( %d ) for parameter maxResults is invalid. Expecting a value between 5 and 1000.", *most)
	}
	if len(all) > int(*most) {
		all = all[:*most]
		next = ptr(base64.RawURLEncoding.EncodeToString([]byte(id(&all[len(all)-1]))))
	}
	return all, next, nil
}

func flag(b bool) []string { return []string{strconv.FormatBool(b)} }
