package policy

import (
	"slices"
	"strings"
)

// family is what kind of values an operator compares.
type family uint8

const (
	familyString family = iota
	familyNumeric
	familyDate
	familyBool
	familyBinary
	familyIP
	familyARN
	familyNull
)

// order is the set of outcomes of a comparison that satisfy an operator.
type order uint8

const (
	less order = 1 << iota
	equal
	greater
)

// operator is one condition operator without its prefix and suffix.
type operator struct {
	name    string
	family  family
	negated bool  // true when no value matches, also when the key is absent
	fold    bool  // letters compare without their case
	like    bool  // values have wildcards
	wants   order // for numbers and dates
}

var operators = []operator{
	{name: "StringEquals"},
	{name: "StringNotEquals", negated: true},
	{name: "StringEqualsIgnoreCase", fold: true},
	{name: "StringNotEqualsIgnoreCase", fold: true, negated: true},
	{name: "StringLike", like: true},
	{name: "StringNotLike", like: true, negated: true},
	{name: "NumericEquals", family: familyNumeric, wants: equal},
	{name: "NumericNotEquals", family: familyNumeric, wants: equal, negated: true},
	{name: "NumericLessThan", family: familyNumeric, wants: less},
	{name: "NumericLessThanEquals", family: familyNumeric, wants: less | equal},
	{name: "NumericGreaterThan", family: familyNumeric, wants: greater},
	{name: "NumericGreaterThanEquals", family: familyNumeric, wants: greater | equal},
	{name: "DateEquals", family: familyDate, wants: equal},
	{name: "DateNotEquals", family: familyDate, wants: equal, negated: true},
	{name: "DateLessThan", family: familyDate, wants: less},
	{name: "DateLessThanEquals", family: familyDate, wants: less | equal},
	{name: "DateGreaterThan", family: familyDate, wants: greater},
	{name: "DateGreaterThanEquals", family: familyDate, wants: greater | equal},
	{name: "Bool", family: familyBool},
	{name: "BinaryEquals", family: familyBinary},
	{name: "IpAddress", family: familyIP},
	{name: "NotIpAddress", family: familyIP, negated: true},
	{name: "ArnEquals", family: familyARN, like: true},
	{name: "ArnLike", family: familyARN, like: true},
	{name: "ArnNotEquals", family: familyARN, like: true, negated: true},
	{name: "ArnNotLike", family: familyARN, like: true, negated: true},
	{name: "Null", family: familyNull},
}

// quantifier says how the values of a set are to match.
type quantifier uint8

const (
	single quantifier = iota
	forAllValues
	forAnyValue
)

const (
	prefixAll      = "ForAllValues:"
	prefixAny      = "ForAnyValue:"
	suffixIfExists = "IfExists"
)

// parseOperator reads a condition operator with its prefix and suffix. Names are spelled as IAM spells them.
func parseOperator(text string) (op *operator, q quantifier, ifExists bool, err error) {
	name := text
	if rest, ok := strings.CutPrefix(name, prefixAll); ok {
		name, q = rest, forAllValues
	} else if rest, ok := strings.CutPrefix(name, prefixAny); ok {
		name, q = rest, forAnyValue
	}
	name, ifExists = strings.CutSuffix(name, suffixIfExists)
	at := slices.IndexFunc(operators, func(o operator) bool { return o.name == name })
	if at < 0 {
		return nil, q, ifExists, problemf("Invalid Condition type : %s. %s", text, suggest(name))
	}
	op = &operators[at]
	if op.family == familyNull && (ifExists || q != single) {
		return nil, q, ifExists, problemf("Invalid Condition type : %s. Null takes neither a ForAllValues: or ForAnyValue: prefix nor IfExists", text)
	}
	return op, q, ifExists, nil
}

func suggest(name string) string {
	for i := range operators {
		if strings.EqualFold(operators[i].name, name) {
			return "It is spelled " + operators[i].name
		}
	}
	names := make([]string, len(operators))
	for i := range operators {
		names[i] = operators[i].name
	}
	return "Known are " + strings.Join(names, ", ") + ", with the prefixes ForAllValues: and ForAnyValue: and the suffix IfExists"
}
