package insight

import (
	"math"
	"strings"
	"sync"
	"unicode/utf8"
)

type scalar struct {
	least, most int
	do          func([]value) value
}

func ofText(f func(string) value) scalar {
	return scalar{1, 1, func(v []value) value {
		if !v[0].there {
			return value{}
		}
		return f(v[0].text)
	}}
}

func ofNumber(f func(float64) float64) scalar {
	return scalar{1, 1, func(v []value) value {
		n, ok := v[0].asNumber()
		if !ok {
			return value{}
		}
		return numberValue(f(n))
	}}
}

// scalars are the functions of values.
var scalars = sync.OnceValue(func() map[string]scalar {
	const many = 32
	all := map[string]scalar{
		"strlen":  ofText(func(s string) value { return numberValue(float64(utf8.RuneCountInString(s))) }),
		"toupper": ofText(func(s string) value { return textValue(strings.ToUpper(s)) }),
		"tolower": ofText(func(s string) value { return textValue(strings.ToLower(s)) }),
		"trim":    ofText(func(s string) value { return textValue(strings.TrimSpace(s)) }),
		"ltrim":   ofText(func(s string) value { return textValue(strings.TrimLeft(s, " \t")) }),
		"rtrim":   ofText(func(s string) value { return textValue(strings.TrimRight(s, " \t")) }),
		"abs":     ofNumber(math.Abs), "ceil": ofNumber(math.Ceil), "floor": ofNumber(math.Floor), "sqrt": ofNumber(math.Sqrt), "log": ofNumber(math.Log),
		"ispresent": {1, 1, func(v []value) value { return truthValue(v[0].there) }},
		"isempty":   {1, 1, func(v []value) value { return truthValue(v[0].text == "") }},
		"isblank":   {1, 1, func(v []value) value { return truthValue(strings.TrimSpace(v[0].text) == "") }},
		"coalesce": {1, many, func(v []value) value {
			for _, x := range v {
				if x.there {
					return x
				}
			}
			return value{}
		}},
		"concat": {1, many, func(v []value) value {
			length := 0
			for _, x := range v {
				length += len(x.text)
			}
			if length > longestText {
				return value{}
			}
			var b strings.Builder
			b.Grow(length)
			for _, x := range v {
				b.WriteString(x.text)
			}
			return textValue(b.String())
		}},
		"strcontains": {2, 2, func(v []value) value { return truthValue(strings.Contains(v[0].text, v[1].text)) }},
		"replace":     {3, 3, replaced},
		"substr":      {2, 3, substring},
		"greatest":    {1, many, extreme(1)},
		"least":       {1, many, extreme(-1)},
	}
	all["upper"], all["lower"] = all["toupper"], all["tolower"]
	return all
})

// replaced puts a text in place of another, unless that makes the whole too long.
func replaced(v []value) value {
	of, old, by := v[0].text, v[1].text, v[2].text
	if grown := len(by) - len(old); grown > 0 && len(of)+strings.Count(of, old)*grown > longestText {
		return value{}
	}
	return textValue(strings.ReplaceAll(of, old, by))
}

func substring(v []value) value {
	runes := []rune(v[0].text)
	from, ok := v[1].asNumber()
	if !ok {
		return value{}
	}
	begin := int(min(max(from, 0), float64(len(runes))))
	runes = runes[begin:]
	if len(v) == 3 {
		if n, ok := v[2].asNumber(); ok {
			runes = runes[:int(min(max(n, 0), float64(len(runes))))]
		}
	}
	return textValue(string(runes))
}

func extreme(sign int) func([]value) value {
	return func(v []value) value {
		best := value{}
		for _, x := range v {
			if x.there && (!best.there || sign*order(x, best) > 0) {
				best = x
			}
		}
		return best
	}
}
