package insight

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/whimbreldb/whimbrel/internal/logstore"
)

// value is a field's: a text, which may be a number.
type value struct {
	text   string
	number float64
	isNum  bool
	there  bool
}

// textValue is a text; one that is too long is absent.
func textValue(s string) value {
	if len(s) > longestText {
		return value{}
	}
	return value{text: s, there: true}
}

// numberValue is a number; what is none, as a division by zero or a root of -1 is, is absent.
func numberValue(n float64) value {
	if !finite(n) {
		return value{}
	}
	return value{text: strconv.FormatFloat(n, 'f', -1, 64), number: n, isNum: true, there: true}
}

func truthValue(b bool) value {
	if b {
		return numberValue(1)
	}
	return numberValue(0)
}

func finite(n float64) bool { return !math.IsNaN(n) && !math.IsInf(n, 0) }

// asNumber reads a number. The texts NaN and Inf are none: no comparison with a bound would hold them off.
func (v value) asNumber() (float64, bool) {
	if v.isNum {
		return v.number, true
	}
	if !v.there || v.text == "" {
		return 0, false
	}
	n, err := strconv.ParseFloat(v.text, 64)
	return n, err == nil && finite(n)
}

func (v value) true() bool {
	n, ok := v.asNumber()
	return ok && n != 0
}

// timeForm is how Insights shows times.
const timeForm = "2006-01-02 15:04:05.000"

// row is an event, or what a command has made of events.
type row struct {
	fields map[string]value
	event  *logstore.Event // nil behind stats
	stream string
	log    string
	// What was asked for once: the message as text, and as JSON.
	message string
	parsed  any
	tried   bool
	made    int // bytes of texts
}

// get is the value of a field.
func (r *row) get(name string) value {
	if v, ok := r.fields[name]; ok {
		return v
	}
	if r.event == nil {
		return value{}
	}
	switch name {
	case "@message":
		if r.message == "" {
			r.message = string(r.event.Message)
		}
		return textValue(r.message)
	case "@timestamp":
		return value{text: time.UnixMilli(r.event.At).UTC().Format(timeForm), number: float64(r.event.At), isNum: true, there: true}
	case "@ingestionTime":
		return value{text: time.UnixMilli(r.event.Ingested).UTC().Format(timeForm), number: float64(r.event.Ingested), isNum: true, there: true}
	case "@logStream":
		return textValue(r.stream)
	case "@log":
		return textValue(r.log)
	case "@ptr":
		return textValue(r.log + "/" + r.stream + "/" + strconv.FormatInt(r.event.At, 10) + "/" + strconv.FormatInt(r.event.Seq, 10))
	}
	return r.member(name)
}

// member is a part of a message that is JSON: a.b, a.0.
func (r *row) member(name string) value {
	if !r.tried {
		r.tried = true
		if m := r.event.Message; len(m) > 1 && m[0] == '{' {
			d := json.NewDecoder(strings.NewReader(string(m)))
			d.UseNumber()
			if d.Decode(&r.parsed) != nil {
				r.parsed = nil
			}
		}
	}
	at := r.parsed
	for part := range strings.SplitSeq(name, ".") {
		switch v := at.(type) {
		case map[string]any:
			at = v[part]
		case []any:
			n, err := strconv.Atoi(part)
			if err != nil || n < 0 || n >= len(v) {
				return value{}
			}
			at = v[n]
		default:
			return value{}
		}
	}
	switch v := at.(type) {
	case nil:
		return value{}
	case string:
		return textValue(v)
	case json.Number:
		n, err := v.Float64()
		return value{text: v.String(), number: n, isNum: err == nil && finite(n), there: true}
	case bool:
		return truthValue(v)
	}
	raw, err := json.Marshal(at)
	if err != nil {
		return value{}
	}
	return textValue(string(raw))
}

func (r *row) set(name string, v value) {
	if r.fields == nil {
		r.fields = map[string]value{}
	}
	r.fields[name] = v
}
