package task

import (
	"encoding/json"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/validate"
)

// leastKeyValue is to how many bytes a value of a key is cut at the most. What is longer and ends in an ellipsis is known for a beginning
// when a resync reads it.
const leastKeyValue = 256

// failureKey is `{"key": ["3451491"]}`. Of a key that the table has no room for it holds the beginnings of the values, or the first of them.
func failureKey(f validate.Failure) string {
	values := f.WholeKey()
	for limit := failureKeySize; limit >= leastKeyValue; limit = limit * 3 / 4 {
		if text := keyText(values, limit); len(text) <= failureKeySize {
			return text
		}
	}
	for n := len(values) - 1; n > 0; n-- {
		if text := keyText(values[:n], leastKeyValue); len(text) <= failureKeySize {
			return text
		}
	}
	return keyText(nil, 0)
}

func keyText(values []string, limit int) string {
	out := make([]string, 0, len(values))
	for _, v := range values {
		out = append(out, cutValue(v, limit))
	}
	text, _ := json.Marshal(out) // texts always marshal
	return `{"key": ` + string(text) + `}`
}

func cutValue(v string, limit int) string {
	if len(v) <= limit {
		return v
	}
	return cutTo(strings.TrimSuffix(v, "…"), limit) + "…"
}

// failureDetails lists the columns that differ, as many as have room in so many bytes.
func failureDetails(f validate.Failure, size int) string {
	if f.Why != "" {
		return failureReason(f.Why, size)
	}
	type difference struct {
		Column string `json:"column"`
		Source string `json:"source"`
		Target string `json:"target"`
	}
	out := []byte{'['}
	for i, c := range f.Columns {
		text, _ := json.Marshal(difference(c))
		if len(out)+len(text)+len(",]") > size {
			break
		}
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, text...)
	}
	return string(append(out, ']'))
}

func failureReason(why string, size int) string {
	for limit := size; ; limit = limit * 3 / 4 {
		text, _ := json.Marshal(map[string]string{"reason": cutValue(why, limit)})
		if len(text) <= size || limit == 0 {
			return string(text)
		}
	}
}

// cutTo cuts a text to so many bytes, at the end of a character.
func cutTo(s string, size int) string { return s[:change.CutUTF8([]byte(s), min(size, len(s)))] }
