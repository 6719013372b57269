package convert

import (
	"strings"
	"unicode"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// comparable writes values that are compared with each other. Texts are compared for equality alone: which comes
// first depends on collations.
func (tr translator) comparable(equality bool, args ...*node) ([]string, class, error) {
	texts := make([]string, len(args))
	common := anyClass
	for i, arg := range args {
		text, got, err := tr.write(arg)
		if err != nil {
			return nil, got, err
		}
		texts[i] = text
		switch {
		case got == anyClass || got == common:
		case common == anyClass:
			common = got
		case common == boolClass && got == numberClass:
			if text, err = tr.truth(arg); err != nil {
				return nil, got, err
			}
			texts[i] = text
		default:
			return nil, got, errMore
		}
	}
	switch common {
	case otherClass:
		return nil, common, errMore
	case textClass:
		if !equality {
			return nil, common, errMore
		}
		return tr.foldTexts(texts, args)
	case numberClass, boolClass:
		return texts, common, tr.checkLiterals(args)
	case momentClass:
		// A literal's zone and fraction are read differently by every engine.
		for _, arg := range args {
			if arg.kind != columnNode {
				return nil, common, errMore
			}
		}
	}
	return texts, common, nil
}

// truth writes the 0 or 1 that a boolean of SQLite or MySQL is compared with.
func (tr translator) truth(n *node) (string, error) {
	if n.kind != numberNode || n.value != "0" && n.value != "1" {
		return "", errMore
	}
	return tr.boolean(n.value == "1"), nil
}

// checkLiterals refuses texts among numbers.
func (tr translator) checkLiterals(args []*node) error {
	for _, arg := range args {
		if arg.kind == textNode {
			return errMore
		}
	}
	return nil
}

// foldTexts makes a comparison of MySQL's, whose default collations ignore case, ignore it on the target too.
func (tr translator) foldTexts(texts []string, args []*node) ([]string, class, error) {
	if tr.from != catalog.MySQL || tr.caseSensitive(args) {
		return texts, textClass, nil
	}
	for i, arg := range args {
		if arg.kind != textNode {
			texts[i] = "lower(" + texts[i] + ")"
			continue
		}
		if strings.ContainsFunc(arg.value, func(r rune) bool { return r > unicode.MaxASCII }) {
			return nil, textClass, errMore // an accent is ignored there too
		}
		texts[i] = quoteString(tr.to, strings.ToLower(arg.value))
	}
	return texts, textClass, nil
}

// caseSensitive reports whether the columns among the arguments all have a collation that heeds case.
func (tr translator) caseSensitive(args []*node) bool {
	for _, arg := range args {
		if arg.kind == columnNode {
			c, err := tr.find(arg.value)
			if err != nil || !strings.HasSuffix(c.Collation, "_bin") && !strings.HasSuffix(c.Collation, "_cs") {
				return false
			}
		}
	}
	return true
}

// call writes a function that all engines have with the same meaning, under its name there.
func (tr translator) call(n *node) (string, class, error) {
	switch n.value {
	case "concat":
		if tr.from == catalog.MySQL && len(n.args) > 0 {
			return tr.concat(n.args)
		}
		return "", textClass, errMore // PostgreSQL's concat and SQLite's skip NULL
	case "coalesce", "ifnull":
		return tr.coalesce(n)
	}
	if len(n.args) != 1 {
		return "", otherClass, errMore
	}
	text, got, err := tr.write(n.args[0])
	if err != nil {
		return "", got, err
	}
	switch n.value {
	case "length", "char_length", "character_length":
		if got != textClass || tr.padded(n.args[0]) {
			return "", numberClass, errMore
		}
		return tr.lengthOf(n.value, text)
	case "lower", "upper", "lcase", "ucase":
		// SQLite folds the letters of ASCII alone.
		if got != textClass || tr.from == catalog.SQLite || tr.to == catalog.SQLite {
			return "", textClass, errMore
		}
		name := "lower"
		if n.value[0] == 'u' {
			name = "upper"
		}
		return name + "(" + text + ")", textClass, nil
	case "abs":
		if got == numberClass && (!tr.generated || tr.exact(n.args[0])) {
			return "abs(" + text + ")", numberClass, nil
		}
	}
	return "", otherClass, errMore
}

// lengthOf writes a length. MySQL's length counts bytes, everything else here counts characters.
func (tr translator) lengthOf(function, text string) (string, class, error) {
	bytes := tr.from == catalog.MySQL && function == "length"
	switch {
	case bytes && tr.to == catalog.SQLite:
		return "length(CAST(" + text + " AS BLOB))", numberClass, nil
	case bytes:
		return "octet_length(" + text + ")", numberClass, nil
	case tr.to == catalog.SQLite:
		return "length(" + text + ")", numberClass, nil
	}
	return "char_length(" + text + ")", numberClass, nil
}

func (tr translator) coalesce(n *node) (string, class, error) {
	common := anyClass
	texts := make([]string, len(n.args))
	for i, arg := range n.args {
		text, got, err := tr.write(arg)
		if err != nil {
			return "", got, err
		}
		if common == anyClass {
			common = got
		}
		if got != common && got != anyClass || got == otherClass || got == momentClass {
			return "", got, errMore
		}
		if tr.generated && got == numberClass && !tr.exact(arg) || tr.padded(arg) {
			return "", got, errMore
		}
		texts[i] = text
	}
	if len(texts) < 2 || common == numberClass && tr.checkLiterals(n.args) != nil {
		return "", common, errMore
	}
	return "coalesce(" + strings.Join(texts, ", ") + ")", common, nil
}
