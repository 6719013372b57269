package policy

import "strings"

// arnParts are the six parts of an ARN: arn, partition, service, region, account, resource.
type arnParts [6]string

const (
	arnService  = 2
	arnAccount  = 4
	arnResource = 5
)

// splitARN takes an ARN apart; the resource keeps its own colons.
func splitARN(s string) (arnParts, bool) {
	var parts arnParts
	if !strings.HasPrefix(s, "arn:") {
		return parts, false
	}
	for i := range 5 {
		at := strings.IndexByte(s, ':')
		if at < 0 {
			return parts, false
		}
		parts[i], s = s[:at], s[at+1:]
	}
	parts[arnResource] = s
	return parts, s != ""
}

// arnTemplate matches an ARN part by part, so that a wildcard does not reach over a colon; only in the last part it does.
type arnTemplate struct {
	all   bool // matches everything
	parts [6]template
	whole template // for a value that a variable gives as a whole
}

// match compares an ARN with the template.
func (t *arnTemplate) match(arn *arnParts, ok bool, text string, keys *Context) bool {
	if len(t.whole.parts) > 0 {
		return ok && t.whole.match(text, keys)
	}
	if !ok {
		return false
	}
	// From the end: the resource and the account tell most ARNs apart.
	for i := len(t.parts) - 1; i >= 0; i-- {
		p := &t.parts[i]
		if p.any() {
			continue
		}
		if !p.match(arn[i], keys) {
			return false
		}
	}
	return true
}

// splitTemplate cuts the text of an ARN pattern at its first five colons, not looking into variables.
func splitTemplate(text string) []string {
	var parts []string
	from := 0
	for i := 0; i < len(text) && len(parts) < 5; i++ {
		switch {
		case strings.HasPrefix(text[i:], "${"):
			if end := strings.IndexByte(text[i:], '}'); end > 0 {
				i += end
			}
		case text[i] == ':':
			parts = append(parts, text[from:i])
			from = i + 1
		}
	}
	return append(parts, text[from:])
}

// compileParts compiles the six parts of an ARN pattern.
func compileParts(parts []string, s syntax) (arnTemplate, error) {
	var t arnTemplate
	for i, text := range parts {
		compiled, err := s.compile(text)
		if err != nil {
			return t, err
		}
		t.parts[i] = compiled
	}
	return t, nil
}

// unresolved reports that a variable has neither a value nor a default.
func (t *arnTemplate) unresolved(keys *Context) bool {
	for i := range t.parts {
		if t.parts[i].unresolved(keys) {
			return true
		}
	}
	return t.whole.unresolved(keys)
}

func (t *arnTemplate) variables() bool {
	n := t.whole.variables
	for i := range t.parts {
		n += t.parts[i].variables
	}
	return n > 0
}
