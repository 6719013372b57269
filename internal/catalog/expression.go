package catalog

import (
	"regexp"
	"strings"
)

const (
	bareName   = `[\pL_][\pL\pN_$]*`
	quotedName = "`(?:[^`]|``)+`" + `|"(?:[^"]|"")+"`
	// noName looks like a name within an expression and is none: a text, a type, a function.
	noName = `'(?:[^'\\]|''|\\.)*'|::\s*` + bareName + `|` + bareName + `\s*\(`
)

var (
	words = regexp.MustCompile(noName + `|` + quotedName + `|` + bareName)
	plain = regexp.MustCompile(`^` + bareName + `$`)
)

// RenamedIn is an expression with the names that columns have got, from old to new. A name that needs quotes has those that the expression's other
// names have, or the standard's.
func RenamedIn(expression string, renamed map[string]string) string {
	return words.ReplaceAllStringFunc(expression, func(word string) string {
		mark := `"`
		if strings.HasPrefix(word, "`") {
			mark = "`"
		}
		name := word
		if strings.HasPrefix(word, mark) {
			name = strings.ReplaceAll(word[1:len(word)-1], mark+mark, mark)
		}
		to, ok := renamed[name]
		switch {
		case !ok || to == "":
			return word
		case name == word && plain.MatchString(to) && to == strings.ToLower(to):
			return to
		}
		return mark + strings.ReplaceAll(to, mark, mark+mark) + mark
	})
}
