package wire

import (
	"math"
	"reflect"
	"time"

	"github.com/fxamacker/cbor/v2"
)

// DecodeCBOR reads an RPC v2 CBOR body into an input of the operation.
func (s *Service) DecodeCBOR(op *Operation, body []byte, input any) error {
	if op.Input < 0 || len(body) == 0 {
		return nil
	}
	mode, err := cbor.DecOptions{
		DupMapKey: cbor.DupMapKeyEnforcedAPF, TimeTag: cbor.DecTagOptional, MaxNestedLevels: maxDepth,
		MaxArrayElements: maxItems + 16, MaxMapPairs: maxItems + 16, DefaultMapType: reflect.TypeFor[map[string]any](),
		IntDec: cbor.IntDecConvertSignedOrFail, UTF8: cbor.UTF8RejectInvalid,
	}.DecMode()
	if err != nil {
		return err // the options are ours
	}
	var raw any
	if err := mode.Unmarshal(body, &raw); err != nil {
		return Malformed.New(CBOR, "the body is not CBOR: %v", err)
	}
	d := cborReader{s}
	return d.value(op.Input, raw, reflect.ValueOf(input).Elem())
}

type cborReader struct{ s *Service }

func (d cborReader) value(shape int, raw any, v reflect.Value) error {
	if raw == nil {
		return nil
	}
	sh := &d.s.Shapes[shape]
	wrong := func() error {
		return Malformed.New(CBOR, "%T cannot be converted to %s", raw, kindNames[sh.Kind])
	}
	switch sh.Kind {
	case Structure:
		parts, ok := raw.(map[string]any)
		if !ok {
			return wrong()
		}
		v = present(v)
		for name, part := range parts {
			if i := sh.member(name); i >= 0 {
				if err := d.value(sh.Members[i].Shape, part, v.Field(i)); err != nil {
					return err
				}
			}
		}
		return nil
	case List:
		parts, ok := raw.([]any)
		if !ok {
			return wrong()
		}
		all := reflect.MakeSlice(v.Type(), len(parts), len(parts))
		for i, part := range parts {
			if err := d.value(sh.Elem, part, all.Index(i)); err != nil {
				return err
			}
		}
		v.Set(all)
		return nil
	case Map:
		parts, ok := raw.(map[string]any)
		if !ok {
			return wrong()
		}
		all := reflect.MakeMap(v.Type())
		for name, part := range parts {
			item := reflect.New(v.Type().Elem()).Elem()
			if err := d.value(sh.Elem, part, item); err != nil {
				return err
			}
			all.SetMapIndex(reflect.ValueOf(name), item)
		}
		v.Set(all)
		return nil
	}
	if !d.scalar(sh, raw, v) {
		return wrong()
	}
	return nil
}

// scalar sets v and reports whether raw was of the right kind.
func (d cborReader) scalar(sh *Shape, raw any, v reflect.Value) bool {
	switch x := raw.(type) {
	case string:
		if sh.Kind != String {
			return false
		}
		present(v).SetString(x)
	case bool:
		if sh.Kind != Boolean {
			return false
		}
		present(v).SetBool(x)
	case []byte:
		if sh.Kind != Blob {
			return false
		}
		v.SetBytes(x)
	case time.Time:
		if sh.Kind != Timestamp {
			return false
		}
		present(v).Set(reflect.ValueOf(x.UTC()))
	case int64:
		return d.number(sh, float64(x), x, v)
	case float64:
		if math.IsNaN(x) || math.IsInf(x, 0) || math.Abs(x) > 1<<53 {
			return sh.Kind == Double && d.number(sh, x, 0, v)
		}
		return (sh.Kind == Double || x == math.Trunc(x)) && d.number(sh, x, int64(x), v)
	default:
		return false
	}
	return true
}

func (d cborReader) number(sh *Shape, f float64, n int64, v reflect.Value) bool {
	switch {
	case sh.Kind == Double:
		present(v).SetFloat(f)
	case sh.Kind == Long, sh.Kind == Integer && n == int64(int32(n)):
		present(v).SetInt(n)
	default:
		return false
	}
	return true
}
