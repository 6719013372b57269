package wire

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// AppendXML writes an operation's answer in the Query or EC2 protocol.
func (s *Service) AppendXML(dst []byte, p Protocol, op *Operation, requestID string, output any) []byte {
	dst = append(dst, '<')
	dst = append(dst, op.Name...)
	dst = append(dst, `Response xmlns="`...)
	dst = append(dst, s.XMLNamespace...)
	dst = append(dst, '"', '>')
	w := xmlWriter{s}
	if p == EC2 {
		dst = element(dst, "requestId", requestID)
		if op.Output >= 0 {
			dst = w.members(dst, &s.Shapes[op.Output], reflect.ValueOf(output).Elem())
		} else {
			dst = element(dst, "return", "true")
		}
	} else {
		if op.Output >= 0 {
			wrapper := op.ResultWrapper
			if wrapper == "" {
				wrapper = op.Name + "Result"
			}
			dst = open(dst, wrapper)
			dst = w.members(dst, &s.Shapes[op.Output], reflect.ValueOf(output).Elem())
			dst = closing(dst, wrapper)
		}
		dst = append(dst, "<ResponseMetadata>"...)
		dst = element(dst, "RequestId", requestID)
		dst = append(dst, "</ResponseMetadata>"...)
	}
	dst = append(dst, "</"...)
	dst = append(dst, op.Name...)
	return append(dst, "Response>"...)
}

func open(dst []byte, name string) []byte {
	return append(append(append(dst, '<'), name...), '>')
}

func closing(dst []byte, name string) []byte {
	return append(append(append(dst, '<', '/'), name...), '>')
}

func element(dst []byte, name, text string) []byte {
	return closing(appendText(open(dst, name), text), name)
}

// appendText escapes a text for XML. Characters that XML cannot hold become the replacement character.
func appendText(dst []byte, text string) []byte {
	plain := true
	for i := range len(text) {
		if c := text[i]; c < ' ' || c >= 0x7f || c == '<' || c == '>' || c == '&' || c == '"' || c == '\'' {
			plain = false
			break
		}
	}
	if plain {
		return append(dst, text...)
	}
	var b bytes.Buffer
	_ = xml.EscapeText(&b, []byte(text)) // a buffer takes everything
	return append(dst, b.Bytes()...)
}

type xmlWriter struct{ s *Service }

func (w xmlWriter) members(dst []byte, sh *Shape, v reflect.Value) []byte {
	for i := range sh.Members {
		f := v.Field(i)
		if f.IsNil() {
			continue
		}
		m := &sh.Members[i]
		if target := &w.s.Shapes[m.Shape]; target.Kind == List && target.Flattened {
			for j := range f.Len() {
				dst = w.named(dst, m.Wire, target.Elem, f.Index(j))
			}
			continue
		}
		dst = w.named(dst, m.Wire, m.Shape, f)
	}
	return dst
}

func (w xmlWriter) named(dst []byte, name string, shape int, v reflect.Value) []byte {
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	sh := &w.s.Shapes[shape]
	dst = open(dst, name)
	switch sh.Kind {
	case Structure:
		dst = w.members(dst, sh, v)
	case List:
		for i := range v.Len() {
			dst = w.named(dst, sh.ItemName, sh.Elem, v.Index(i))
		}
	case Map:
		for _, key := range sortedKeys(v) {
			dst = append(dst, "<entry>"...)
			dst = element(dst, "key", key)
			dst = w.named(dst, "value", sh.Elem, v.MapIndex(reflect.ValueOf(key)))
			dst = append(dst, "</entry>"...)
		}
	default:
		dst = appendScalar(dst, sh, v)
	}
	return closing(dst, name)
}

func appendScalar(dst []byte, sh *Shape, v reflect.Value) []byte {
	switch sh.Kind {
	case String:
		return appendText(dst, v.String())
	case Integer, Long:
		return strconv.AppendInt(dst, v.Int(), 10)
	case Double:
		return append(dst, strings.Trim(string(appendDouble(nil, v.Float())), `"`)...)
	case Boolean:
		return strconv.AppendBool(dst, v.Bool())
	case Blob:
		return base64.StdEncoding.AppendEncode(dst, v.Bytes())
	}
	return append(dst, isoTime(v.Interface().(time.Time))...)
}

func sortedKeys(v reflect.Value) []string {
	keys := make([]string, 0, v.Len())
	for _, k := range v.MapKeys() {
		keys = append(keys, k.String())
	}
	slices.Sort(keys)
	return keys
}
