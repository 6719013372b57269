package wire

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"math"
	"reflect"
	"slices"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// DecodeJSON reads an AWS JSON body into an input of the operation. Members that the model does not know are passed
// over, as AWS does; doubled ones are refused.
func (s *Service) DecodeJSON(op *Operation, body []byte, input any) error {
	if op.Input < 0 || len(bytes.TrimSpace(body)) == 0 {
		if len(bytes.TrimSpace(body)) > 0 && !jsontext.Value(body).IsValid() {
			return Malformed.New(JSON11, "the body is not JSON")
		}
		return nil
	}
	return s.decode(op, body, input, false)
}

// DecodeNamed reads an input as JSON with the names that the model gives to members, whatever protocols the service speaks, and
// refuses members that the model does not know.
func (s *Service) DecodeNamed(op *Operation, body []byte, input any) error {
	if op.Input < 0 || len(bytes.TrimSpace(body)) == 0 {
		return s.DecodeJSON(op, body, input)
	}
	return s.decode(op, body, input, true)
}

func (s *Service) decode(op *Operation, body []byte, input any, named bool) error {
	d := jsonReader{Decoder: jsontext.NewDecoder(bytes.NewReader(body)), s: s, named: named}
	if err := d.value(op.Input, reflect.ValueOf(input).Elem(), 0); err != nil {
		return err
	}
	if _, err := d.ReadToken(); !errors.Is(err, io.EOF) {
		return Malformed.New(JSON11, "the body goes on after its JSON document")
	}
	return nil
}

type jsonReader struct {
	*jsontext.Decoder
	s     *Service
	named bool // by the model, and all known
}

// syntax words an error of the decoder.
func (d *jsonReader) syntax(err error) error {
	var e *jsontext.SyntacticError
	if errors.As(err, &e) {
		return Malformed.New(JSON11, "the body is not JSON at byte %d: %v", e.ByteOffset, e.Err)
	}
	return Malformed.New(JSON11, "the body is not JSON: it ends early")
}

var jsonKinds = map[jsontext.Kind]string{'"': "STRING_VALUE", '0': "NUMBER_VALUE", 't': "TRUE_VALUE", 'f': "FALSE_VALUE"}

func (d *jsonReader) unexpected(k jsontext.Kind, want string) error {
	switch k {
	case '[':
		return Malformed.New(JSON11, "Start of list found where not expected")
	case '{':
		return Malformed.New(JSON11, "Start of structure or map found where not expected.")
	}
	if name, ok := jsonKinds[k]; ok {
		return Malformed.New(JSON11, "%s cannot be converted to %s", name, want)
	}
	_, err := d.ReadToken()
	return d.syntax(err)
}

// value reads one JSON value into v, whose type is that of a field: a pointer, slice or map for what may be absent.
func (d *jsonReader) value(shape int, v reflect.Value, depth int) error {
	if depth > maxDepth {
		return Malformed.New(JSON11, "the body is nested deeper than %d levels", maxDepth)
	}
	kind := d.PeekKind()
	if kind == 'n' {
		_, err := d.ReadToken()
		if err != nil {
			return d.syntax(err)
		}
		return nil
	}
	sh := &d.s.Shapes[shape]
	switch sh.Kind {
	case Structure:
		if kind != '{' {
			return d.unexpected(kind, "a structure")
		}
		return d.structure(sh, present(v), depth)
	case List:
		if kind != '[' {
			return d.unexpected(kind, "a list")
		}
		return d.list(sh, v, depth)
	case Map:
		if kind != '{' {
			return d.unexpected(kind, "a map")
		}
		return d.mapping(sh, v, depth)
	}
	return d.scalar(sh, v, kind)
}

// present makes the target of a pointer, if v is one.
func present(v reflect.Value) reflect.Value {
	if v.Kind() != reflect.Pointer {
		return v
	}
	if v.IsNil() {
		v.Set(reflect.New(v.Type().Elem()))
	}
	return v.Elem()
}

func (d *jsonReader) structure(sh *Shape, v reflect.Value, depth int) error {
	if _, err := d.ReadToken(); err != nil {
		return d.syntax(err)
	}
	for d.PeekKind() != '}' {
		name, err := d.ReadToken()
		if err != nil {
			return d.syntax(err)
		}
		i := d.member(sh, name.String())
		if i < 0 && d.named {
			return Malformed.New(JSON11, "%s has no member %q", sh.Name, shorten(name.String()))
		}
		if i < 0 {
			err = d.SkipValue()
			if err != nil {
				return d.syntax(err)
			}
			continue
		}
		if err := d.value(sh.Members[i].Shape, v.Field(i), depth+1); err != nil {
			return err
		}
	}
	if _, err := d.ReadToken(); err != nil {
		return d.syntax(err)
	}
	return nil
}

func (d *jsonReader) member(sh *Shape, name string) int {
	if !d.named {
		return sh.member(name)
	}
	return slices.IndexFunc(sh.Members, func(m Member) bool { return m.Name == name })
}

// member finds a member by its name on the wire.
func (sh *Shape) member(name string) int {
	for i := range sh.Members {
		if sh.Members[i].Wire == name {
			return i
		}
	}
	return -1
}

func (d *jsonReader) list(sh *Shape, v reflect.Value, depth int) error {
	if _, err := d.ReadToken(); err != nil {
		return d.syntax(err)
	}
	all := reflect.MakeSlice(v.Type(), 0, 4)
	for d.PeekKind() != ']' {
		if all.Len() == maxItems {
			return Malformed.New(JSON11, "a list has more than %d items", maxItems)
		}
		if d.PeekKind() == 0 {
			_, err := d.ReadToken()
			return d.syntax(err)
		}
		item := reflect.New(v.Type().Elem()).Elem()
		if err := d.value(sh.Elem, item, depth+1); err != nil {
			return err
		}
		all = reflect.Append(all, item)
	}
	if _, err := d.ReadToken(); err != nil {
		return d.syntax(err)
	}
	v.Set(all)
	return nil
}

func (d *jsonReader) mapping(sh *Shape, v reflect.Value, depth int) error {
	if _, err := d.ReadToken(); err != nil {
		return d.syntax(err)
	}
	all := reflect.MakeMap(v.Type())
	for d.PeekKind() != '}' {
		name, err := d.ReadToken()
		if err != nil {
			return d.syntax(err)
		}
		if all.Len() == maxItems {
			return Malformed.New(JSON11, "a map has more than %d entries", maxItems)
		}
		key := reflect.ValueOf(name.String())
		item := reflect.New(v.Type().Elem()).Elem()
		if err := d.value(sh.Elem, item, depth+1); err != nil {
			return err
		}
		all.SetMapIndex(key, item)
	}
	if _, err := d.ReadToken(); err != nil {
		return d.syntax(err)
	}
	v.Set(all)
	return nil
}

var kindNames = [...]string{"String", "Integer", "Long", "Double", "Boolean", "Timestamp", "Blob", "List", "Map", "Structure"}

func (d *jsonReader) scalar(sh *Shape, v reflect.Value, kind jsontext.Kind) error {
	want := kindNames[sh.Kind]
	if kind == '[' || kind == '{' || kind == 0 {
		return d.unexpected(kind, want)
	}
	t, err := d.ReadToken()
	if err != nil {
		return d.syntax(err)
	}
	text := t.String()
	switch {
	case sh.Kind == Boolean && (kind == 't' || kind == 'f'):
		present(v).SetBool(kind == 't')
	case sh.Kind == String && kind == '"':
		present(v).SetString(text)
	case sh.Kind == Blob && kind == '"':
		raw, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return Malformed.New(JSON11, "a blob is not base64: %v", err)
		}
		v.SetBytes(raw)
	case (sh.Kind == Integer || sh.Kind == Long) && kind == '0':
		n, err := wholeNumber(text, sh.Kind)
		if err != nil {
			return Malformed.New(JSON11, "NUMBER_VALUE cannot be converted to %s", want)
		}
		present(v).SetInt(n)
	case sh.Kind == Double && (kind == '0' || text == "NaN" || text == "Infinity" || text == "-Infinity"):
		f, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return Malformed.New(JSON11, "NUMBER_VALUE cannot be converted to Double")
		}
		present(v).SetFloat(f)
	case sh.Kind == Timestamp && (kind == '0' || kind == '"'):
		at, err := parseTime(text)
		if err != nil {
			return Malformed.New(JSON11, "%s cannot be converted to Timestamp", jsonKinds[kind])
		}
		present(v).Set(reflect.ValueOf(at))
	default:
		return Malformed.New(JSON11, "%s cannot be converted to %s", jsonKinds[kind], want)
	}
	return nil
}

// wholeNumber reads an integer; a number with an empty fraction is one too.
func wholeNumber(text string, kind Kind) (int64, error) {
	bits := 64
	if kind == Integer {
		bits = 32
	}
	n, err := strconv.ParseInt(text, 10, bits)
	if err == nil {
		return n, nil
	}
	f, ferr := strconv.ParseFloat(text, 64)
	if ferr != nil || f != math.Trunc(f) || math.Abs(f) >= math.Ldexp(1, bits-1) || math.Abs(f) > 1<<53 {
		return 0, err
	}
	return int64(f), nil
}

// parseTime reads epoch seconds or ISO 8601.
func parseTime(text string) (time.Time, error) {
	if f, err := strconv.ParseFloat(text, 64); err == nil {
		if math.IsNaN(f) || math.Abs(f) > 253402300799 { // the end of the year 9999
			return time.Time{}, errors.New("out of range")
		}
		whole, part := math.Modf(f)
		return time.Unix(int64(whole), int64(math.Round(part*1e6))*1e3).UTC(), nil
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02T15:04:05-0700", "2006-01-02", time.RFC1123} {
		if at, err := time.Parse(layout, text); err == nil {
			return at.UTC(), nil
		}
	}
	return time.Time{}, errors.New("neither epoch seconds nor ISO 8601")
}
