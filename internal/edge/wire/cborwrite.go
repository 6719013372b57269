package wire

import (
	"encoding/binary"
	"math"
	"reflect"
	"time"
)

// The major types of CBOR.
const (
	cborUnsigned = 0 << 5
	cborNegative = 1 << 5
	cborBytes    = 2 << 5
	cborText     = 3 << 5
	cborArray    = 4 << 5
	cborMap      = 5 << 5
	cborTag      = 6 << 5
	cborFalse    = 0xf4
	cborTrue     = 0xf5
	cborDouble   = 0xfb
	cborEpoch    = 1 // the tag of seconds since 1970
)

// AppendCBOR writes an operation's output as RPC v2 CBOR: an empty map where there is none.
func (s *Service) AppendCBOR(dst []byte, op *Operation, output any) []byte {
	if op.Output < 0 {
		return append(dst, cborMap)
	}
	w := cborWriter{s}
	return w.value(dst, op.Output, reflect.ValueOf(output).Elem())
}

type cborWriter struct{ s *Service }

// head writes a major type with its number.
func head(dst []byte, major byte, n uint64) []byte {
	switch {
	case n < 24:
		return append(dst, major|byte(n))
	case n <= math.MaxUint8:
		return append(dst, major|24, byte(n))
	case n <= math.MaxUint16:
		return binary.BigEndian.AppendUint16(append(dst, major|25), uint16(n))
	case n <= math.MaxUint32:
		return binary.BigEndian.AppendUint32(append(dst, major|26), uint32(n))
	}
	return binary.BigEndian.AppendUint64(append(dst, major|27), n)
}

func cborString(dst []byte, text string) []byte {
	return append(head(dst, cborText, uint64(len(text))), text...)
}

func (w cborWriter) value(dst []byte, shape int, v reflect.Value) []byte {
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	sh := &w.s.Shapes[shape]
	switch sh.Kind {
	case Structure:
		set := 0
		for i := range sh.Members {
			if !v.Field(i).IsNil() {
				set++
			}
		}
		dst = head(dst, cborMap, uint64(set))
		for i := range sh.Members {
			if f := v.Field(i); !f.IsNil() {
				dst = w.value(cborString(dst, sh.Members[i].Wire), sh.Members[i].Shape, f)
			}
		}
		return dst
	case List:
		dst = head(dst, cborArray, uint64(v.Len()))
		for i := range v.Len() {
			dst = w.value(dst, sh.Elem, v.Index(i))
		}
		return dst
	case Map:
		dst = head(dst, cborMap, uint64(v.Len()))
		for _, key := range sortedKeys(v) {
			dst = w.value(cborString(dst, key), sh.Elem, v.MapIndex(reflect.ValueOf(key)))
		}
		return dst
	}
	return w.scalar(dst, sh, v)
}

func (w cborWriter) scalar(dst []byte, sh *Shape, v reflect.Value) []byte {
	switch sh.Kind {
	case String:
		return cborString(dst, v.String())
	case Blob:
		return append(head(dst, cborBytes, uint64(v.Len())), v.Bytes()...)
	case Boolean:
		if v.Bool() {
			return append(dst, cborTrue)
		}
		return append(dst, cborFalse)
	case Integer, Long:
		if n := v.Int(); n < 0 {
			return head(dst, cborNegative, uint64(-1-n))
		}
		return head(dst, cborUnsigned, uint64(v.Int()))
	case Double:
		return cborFloat(dst, v.Float())
	}
	at := v.Interface().(time.Time)
	dst = append(dst, cborTag|cborEpoch)
	if at.Nanosecond() == 0 && at.Unix() >= 0 {
		return head(dst, cborUnsigned, uint64(at.Unix()))
	}
	return cborFloat(dst, float64(at.UnixMilli())/1000)
}

func cborFloat(dst []byte, f float64) []byte {
	return binary.BigEndian.AppendUint64(append(dst, cborDouble), math.Float64bits(f))
}
