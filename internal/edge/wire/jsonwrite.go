package wire

import (
	"encoding/base64"
	"math"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// AppendJSON writes an operation's output as AWS JSON. An operation without output has no body.
func (s *Service) AppendJSON(dst []byte, op *Operation, output any) []byte {
	if op.Output < 0 {
		return dst
	}
	w := jsonWriter{s: s}
	return w.value(dst, op.Output, reflect.ValueOf(output).Elem())
}

// AppendShapeJSON writes a value of one shape of the model, named as in the model, as AppendJSON writes it inside an output.
func (s *Service) AppendShapeJSON(dst []byte, shape string, v any) []byte {
	w := jsonWriter{s: s}
	return w.value(dst, s.shapeNamed(shape), reflect.ValueOf(v).Elem())
}

// shapeNamed finds a shape. A name that is not in the model is a mistake in the program.
func (s *Service) shapeNamed(name string) int {
	for i := range s.Shapes {
		if s.Shapes[i].Name == name {
			return i
		}
	}
	panic("service " + s.Name + " has no shape " + name)
}

// AppendAudit writes an input or output for people and audit trails: names begin with a small letter, and what the model
// calls sensitive is masked.
func (s *Service) AppendAudit(dst []byte, shape int, v any) []byte {
	if shape < 0 || v == nil {
		return append(dst, "null"...)
	}
	w := jsonWriter{s: s, audit: true}
	return w.value(dst, shape, reflect.ValueOf(v).Elem())
}

type jsonWriter struct {
	s     *Service
	audit bool
}

func (w *jsonWriter) value(dst []byte, shape int, v reflect.Value) []byte {
	sh := &w.s.Shapes[shape]
	if w.audit && sh.Sensitive {
		return append(dst, `"***"`...)
	}
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	switch sh.Kind {
	case Structure:
		return w.structure(dst, sh, v)
	case List:
		dst = append(dst, '[')
		for i := range v.Len() {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = w.value(dst, sh.Elem, v.Index(i))
		}
		return append(dst, ']')
	case Map:
		dst = append(dst, '{')
		for i, key := range sortedKeys(v) {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(appendQuoted(dst, key), ':')
			dst = w.value(dst, sh.Elem, v.MapIndex(reflect.ValueOf(key)))
		}
		return append(dst, '}')
	}
	return w.scalar(dst, sh, v)
}

func (w *jsonWriter) structure(dst []byte, sh *Shape, v reflect.Value) []byte {
	dst = append(dst, '{')
	first := true
	for i := range sh.Members {
		f := v.Field(i)
		if f.IsNil() {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = append(dst, '"')
		if name := sh.Members[i].Wire; w.audit {
			dst = append(dst, lowerFirst(name)...)
		} else {
			dst = append(dst, name...)
		}
		dst = append(dst, '"', ':')
		m := sh.Members[i].Name
		switch {
		case w.audit && secretMember(m):
			dst = append(dst, `"***"`...)
			continue
		case w.audit && m == "ExtraConnectionAttributes":
			dst = appendQuoted(dst, secretAttribute.ReplaceAllString(f.Elem().String(), "$1***"))
			continue
		}
		dst = w.value(dst, sh.Members[i].Shape, f)
	}
	return append(dst, '}')
}

// secretAttribute is a connection attribute whose value is a secret. Engines of DMS have such (asm_password), and a call that brings one is
// recorded although it is refused.
var secretAttribute = regexp.MustCompile(`(?i)([^;=]*(?:password|passphrase|passwd|pwd|secretkey|secretaccesskey)[^;=]*=)(?:\s*"[^"]*"|[^;]*)`)

// secretMember knows members that are secret whatever the model says of them.
func secretMember(name string) bool {
	switch name {
	case "SecretAccessKey", "SessionToken", "SecretString", "SecretBinary", "Plaintext", "WebIdentityToken", "TokenCode",
		"CertificatePem", "CertificateWallet", "CiphertextBlob", "DecodedMessage":
		return true
	}
	return strings.HasSuffix(name, "Password")
}

func (w *jsonWriter) scalar(dst []byte, sh *Shape, v reflect.Value) []byte {
	switch sh.Kind {
	case String:
		return appendQuoted(dst, v.String())
	case Blob:
		dst = append(dst, '"')
		dst = base64.StdEncoding.AppendEncode(dst, v.Bytes())
		return append(dst, '"')
	case Integer, Long:
		return strconv.AppendInt(dst, v.Int(), 10)
	case Double:
		return appendDouble(dst, v.Float())
	case Boolean:
		return strconv.AppendBool(dst, v.Bool())
	}
	at := v.Interface().(time.Time)
	if sh.ISO8601 || w.audit {
		return append(append(append(dst, '"'), isoTime(at)...), '"')
	}
	return appendEpoch(dst, at)
}

// appendQuoted writes a JSON string. Bytes that are no UTF-8 become the replacement character.
func appendQuoted(dst []byte, text string) []byte {
	plain := true
	for i := range len(text) {
		if c := text[i]; c < ' ' || c == '"' || c == '\\' || c >= 0x7f {
			plain = false
			break
		}
	}
	if plain {
		return append(append(append(dst, '"'), text...), '"')
	}
	out, err := jsontext.AppendQuote(dst, text)
	if err != nil {
		out, _ = jsontext.AppendQuote(dst, strings.ToValidUTF8(text, "\uFFFD"))
	}
	return out
}

func appendDouble(dst []byte, f float64) []byte {
	switch {
	case math.IsNaN(f):
		return append(dst, `"NaN"`...)
	case math.IsInf(f, 1):
		return append(dst, `"Infinity"`...)
	case math.IsInf(f, -1):
		return append(dst, `"-Infinity"`...)
	}
	return strconv.AppendFloat(dst, f, 'g', -1, 64)
}

// appendEpoch writes seconds since 1970 with milliseconds, if there are any.
func appendEpoch(dst []byte, at time.Time) []byte {
	ms := at.UnixMilli()
	if ms%1000 == 0 {
		return strconv.AppendInt(dst, ms/1000, 10)
	}
	return strconv.AppendFloat(dst, float64(ms)/1000, 'f', 3, 64)
}

func isoTime(at time.Time) string {
	if at.Nanosecond() >= int(time.Millisecond) {
		return at.UTC().Format("2006-01-02T15:04:05.000Z")
	}
	return at.UTC().Format("2006-01-02T15:04:05Z")
}

func lowerFirst(name string) string {
	if name == "" || name[0] < 'A' || name[0] > 'Z' {
		return name
	}
	return string(name[0]+'a'-'A') + name[1:]
}
