package policy

import "strings"

// condition is one operator over one key and its values.
type condition struct {
	operator *operator
	set      quantifier
	ifExists bool
	key      string // in lower case
	text     string // operator and key as the document spells them, for explanations
	values   []value
	// variables says that some value holds a policy variable.
	variables bool
}

// validKey reports that a text can be a condition key: a vendor, a colon, a name.
func validKey(key string) bool {
	vendor, name, ok := strings.Cut(key, ":")
	return ok && vendor != "" && name != "" && !strings.ContainsAny(key, " \t\r\n${}*?")
}

// holds decides the condition for a request.
func (c *condition) holds(keys *Context) bool {
	given := keys.get(c.key)
	if c.operator.family == familyNull {
		return c.anyNull(len(given) == 0)
	}
	if len(given) == 0 {
		switch {
		case c.ifExists, c.set == forAllValues:
			return true
		case c.set == forAnyValue:
			return false
		}
		return c.operator.negated
	}
	if c.operator.negated && c.variables && c.unresolved(keys) {
		return false // a statement whose variable has no value does not match
	}
	switch c.set {
	case forAllValues:
		for _, g := range given {
			if !c.one(g, keys) {
				return false
			}
		}
		return true
	case forAnyValue:
		for _, g := range given {
			if c.one(g, keys) {
				return true
			}
		}
		return false
	}
	return c.plain(given, keys)
}

// plain compares a key without a prefix. A key with several values matches when one of them does; a negated operator
// when none does.
func (c *condition) plain(given []string, keys *Context) bool {
	for _, g := range given {
		if c.among(g, keys) {
			return !c.operator.negated
		}
	}
	return c.operator.negated
}

// one decides for a single value of the request.
func (c *condition) one(given string, keys *Context) bool {
	return c.among(given, keys) != c.operator.negated
}

// among reports that the given value matches one of the condition's.
func (c *condition) among(given string, keys *Context) bool {
	return matchers[c.operator.family](c, given, keys)
}

func (c *condition) anyNull(absent bool) bool {
	for i := range c.values {
		if c.values[i].flag == absent {
			return true
		}
	}
	return false
}

// unresolved reports that a variable of some value has neither a value nor a default.
func (c *condition) unresolved(keys *Context) bool {
	for i := range c.values {
		if c.values[i].text.unresolved(keys) || c.values[i].arn.unresolved(keys) {
			return true
		}
	}
	return false
}
