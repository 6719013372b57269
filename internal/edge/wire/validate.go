package wire

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxViolations bounds the message about an input; AWS names many, nobody reads more.
const maxViolations = 10

// Validate checks an input against its model: required members, lengths, ranges, patterns and enums. The answer is nil or
// the error that AWS gives, with all violations in one message.
func (s *Service) Validate(p Protocol, op *Operation, input any) error {
	if op.Input < 0 {
		return nil
	}
	c := checker{s: s, p: p}
	c.structure(&s.Shapes[op.Input], reflect.ValueOf(input).Elem(), "")
	if p == EC2 && c.missing != "" {
		return MissingParameter.New(p, "The request must contain the parameter %s", c.missing)
	}
	switch len(c.violations) {
	case 0:
		return nil
	case 1:
		return Invalid.New(p, "1 validation error detected: %s", c.violations[0])
	}
	return Invalid.New(p, "%d validation errors detected: %s", len(c.violations), strings.Join(c.violations, "; "))
}

type checker struct {
	s          *Service
	p          Protocol
	violations []string
	missing    string // the first required parameter that is not there
}

func (c *checker) violated(sh *Shape, shown, path, constraint string) {
	if len(c.violations) >= maxViolations {
		return
	}
	value := "Value " + shown
	if sh.Sensitive {
		value = "Value"
	}
	c.violations = append(c.violations, fmt.Sprintf("%s at '%s' failed to satisfy constraint: %s", value, path, constraint))
}

func (c *checker) structure(sh *Shape, v reflect.Value, path string) {
	for i := range sh.Members {
		m, f := &sh.Members[i], v.Field(i)
		at := join(path, lowerFirst(m.Name))
		if f.IsNil() {
			if m.Required {
				if c.missing == "" {
					c.missing = m.Query
				}
				c.violated(&Shape{}, "null", at, "Member must not be null")
			}
			continue
		}
		c.value(&c.s.Shapes[m.Shape], f, at)
	}
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func (c *checker) value(sh *Shape, v reflect.Value, path string) {
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	switch sh.Kind {
	case Structure:
		c.structure(sh, v, path)
	case List:
		c.length(sh, float64(v.Len()), "'["+strconv.Itoa(v.Len())+" items]'", path)
		for i := range v.Len() {
			c.value(&c.s.Shapes[sh.Elem], v.Index(i), path+"."+strconv.Itoa(i+1)+".member")
		}
	case Map:
		c.length(sh, float64(v.Len()), "'{"+strconv.Itoa(v.Len())+" entries}'", path)
		for _, key := range sortedKeys(v) {
			c.text(&c.s.Shapes[sh.Key], key, path)
			c.value(&c.s.Shapes[sh.Elem], v.MapIndex(reflect.ValueOf(key)), path+"."+key+".member")
		}
	case Blob:
		c.length(sh, float64(v.Len()), "'java.nio.HeapByteBuffer'", path)
	case String:
		c.text(sh, v.String(), path)
	case Integer, Long:
		c.number(sh, float64(v.Int()), strconv.FormatInt(v.Int(), 10), path)
	case Double:
		c.number(sh, v.Float(), strconv.FormatFloat(v.Float(), 'g', -1, 64), path)
	}
}

func (c *checker) length(sh *Shape, n float64, shown, path string) {
	if sh.HasMin && n < sh.Min {
		c.violated(sh, shown, path, "Member must have length greater than or equal to "+number(sh.Min))
	}
	if sh.HasMax && n > sh.Max {
		c.violated(sh, shown, path, "Member must have length less than or equal to "+number(sh.Max))
	}
}

func (c *checker) number(sh *Shape, n float64, text, path string) {
	if sh.HasMin && n < sh.Min {
		c.violated(sh, "'"+text+"'", path, "Member must have value greater than or equal to "+number(sh.Min))
	}
	if sh.HasMax && n > sh.Max {
		c.violated(sh, "'"+text+"'", path, "Member must have value less than or equal to "+number(sh.Max))
	}
}

func (c *checker) text(sh *Shape, text, path string) {
	shown := "'" + shorten(text) + "'"
	c.length(sh, float64(utf8.RuneCountInString(text)), shown, path)
	if len(sh.Enum) > 0 && !contains(sh.Enum, text) {
		c.violated(sh, shown, path, "Member must satisfy enum value set: ["+strings.Join(sh.Enum, ", ")+"]")
	}
	if sh.Pattern != nil && !sh.Pattern.match(text) {
		c.violated(sh, shown, path, "Member must satisfy regular expression pattern: "+sh.Pattern.Text)
	}
}

// shorten keeps a message readable whatever was sent.
func shorten(text string) string {
	const enough = 256
	if len(text) <= enough {
		return text
	}
	return strings.ToValidUTF8(text[:enough], "") + "…"
}

func contains(all []string, one string) bool {
	for _, s := range all {
		if s == one {
			return true
		}
	}
	return false
}

func number(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
