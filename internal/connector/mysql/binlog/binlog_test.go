package binlog

import (
	"encoding/binary"
	"encoding/json"
	"hash/crc32"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// encodeJSON writes a value as MySQL does, after json_binary.cc: the smaller form of a list where it fits.
func encodeJSON(v any, small bool) (kind byte, b []byte) {
	switch v := v.(type) {
	case nil:
		return jsonLiteral, []byte{0}
	case bool:
		if v {
			return jsonLiteral, []byte{1}
		}
		return jsonLiteral, []byte{2}
	case int64:
		switch {
		case v == int64(int16(v)):
			return jsonInt16, binary.LittleEndian.AppendUint16(nil, uint16(v))
		case v == int64(int32(v)):
			return jsonInt32, binary.LittleEndian.AppendUint32(nil, uint32(v))
		}
		return jsonInt64, binary.LittleEndian.AppendUint64(nil, uint64(v))
	case float64:
		return jsonDouble, binary.LittleEndian.AppendUint64(nil, math.Float64bits(v))
	case string:
		n := len(v)
		for n > 0x7f {
			b = append(b, byte(n)|0x80)
			n >>= 7
		}
		return jsonString, append(append(b, byte(n)), v...)
	case []any:
		keys := make([]string, 0)
		return encodeList(keys, v, small)
	case object:
		return encodeList(v.keys, v.values, small)
	}
	panic("no JSON")
}

type object struct {
	keys   []string
	values []any
}

func encodeList(keys []string, values []any, small bool) (kind byte, b []byte) {
	width := 4
	if small {
		width = 2
	}
	number := func(b []byte, n int) []byte {
		if small {
			return binary.LittleEndian.AppendUint16(b, uint16(n))
		}
		return binary.LittleEndian.AppendUint32(b, uint32(n))
	}
	object := len(keys) > 0
	head := 2*width + len(values)*(width+1) + len(keys)*(width+2)
	var body []byte
	var entries []byte
	for _, k := range keys {
		entries = binary.LittleEndian.AppendUint16(number(entries, head+len(body)), uint16(len(k)))
		body = append(body, k...)
	}
	for _, v := range values {
		kind, value := encodeJSON(v, small)
		entries = append(entries, kind)
		if inlined(kind, width) {
			var place [4]byte
			copy(place[:], value)
			entries = append(entries, place[:width]...)
			continue
		}
		entries = number(entries, head+len(body))
		body = append(body, value...)
	}
	b = number(number(nil, len(values)), head+len(body))
	b = append(append(b, entries...), body...)
	kind = jsonSmallArray
	if object {
		kind = jsonSmallObject
	}
	if !small {
		kind++
	}
	return kind, b
}

func drawJSON(t *rapid.T, depth int) any {
	n := rapid.IntRange(0, 6).Draw(t, "kind")
	if depth > 3 {
		n %= 5
	}
	switch n {
	case 0:
		return nil
	case 1:
		return rapid.Bool().Draw(t, "bool")
	case 2:
		return rapid.Int64().Draw(t, "int")
	case 3:
		return rapid.Float64Range(-1e300, 1e300).Draw(t, "double")
	case 4:
		return rapid.String().Draw(t, "string")
	case 5:
		list := make([]any, rapid.IntRange(0, 4).Draw(t, "n"))
		for i := range list {
			list[i] = drawJSON(t, depth+1)
		}
		return list
	}
	var o object
	for range rapid.IntRange(1, 4).Draw(t, "n") {
		o.keys = append(o.keys, rapid.StringMatching(`[a-zä"\\]{1,5}`).Draw(t, "key"))
		o.values = append(o.values, drawJSON(t, depth+1))
	}
	return o
}

// same reports whether a parsed value is the one that was drawn.
func same(t *rapid.T, want, got any) {
	switch w := want.(type) {
	case int64:
		n, err := got.(json.Number).Int64()
		require.NoError(t, err)
		require.Equal(t, w, n)
	case float64:
		n, err := got.(json.Number).Float64()
		require.NoError(t, err)
		require.Equal(t, math.Float64bits(w), math.Float64bits(n))
		require.True(t, strings.ContainsAny(string(got.(json.Number)), ".e"))
	case []any:
		require.Len(t, got, len(w))
		for i := range w {
			same(t, w[i], got.([]any)[i])
		}
	case object:
		for i, k := range w.keys {
			if !strings.Contains(strings.Join(w.keys[i+1:], "\x00")+"\x00", k+"\x00") {
				same(t, w.values[i], got.(map[string]any)[k])
			}
		}
	default:
		require.Equal(t, want, got)
	}
}

func TestBinaryJSONComesOutAsItWentIn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := drawJSON(t, 0)
		kind, b := encodeJSON(v, rapid.Bool().Draw(t, "small"))
		text, err := AppendJSON(nil, append([]byte{kind}, b...))
		require.NoError(t, err)
		d := json.NewDecoder(strings.NewReader(string(text)))
		d.UseNumber()
		var got any
		require.NoError(t, d.Decode(&got), "%s", text)
		same(t, v, got)
	})
}

func TestDecimals(t *testing.T) {
	// The example of decimal2bin in MySQL's decimal.c: 1234567890.1234 as DECIMAL(14,4), and its negative.
	c := Column{Real: TypeNewDecimal, Meta: 14<<8 | 4}
	positive := []byte{0x81, 0x0d, 0xfb, 0x38, 0xd2, 0x04, 0xd2}
	require.Equal(t, "1234567890.1234", string(c.AppendDecimal(nil, positive)))
	for i := range positive {
		positive[i] ^= 0xff
	}
	require.Equal(t, "-1234567890.1234", string(c.AppendDecimal(nil, positive)))
	n, err := c.Size(positive)
	require.NoError(t, err)
	require.Equal(t, 7, n)
}

// FuzzEvents feeds every parser with bytes from outside. None may panic, whatever it is told.
func FuzzEvents(f *testing.F) {
	f.Add([]byte{0, 0, 0, 0, 19, 0, 0, 0, 0, 30, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 0, 0, 1, 'a', 0, 1, 'b', 0, 2, 3, 15, 2, 20, 0, 3})
	f.Add([]byte{jsonSmallObject, 1, 0, 12, 0, 11, 0, 1, 0, jsonInt16, 5, 0, 'a'})
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, checksum := range []bool{false, true} {
			event := b
			if checksum && len(b) > HeaderLength {
				event = binary.LittleEndian.AppendUint32(append([]byte(nil), b...), crc32.ChecksumIEEE(b))
			}
			h, body, err := Parse(event, checksum)
			if err != nil {
				body = b
			}
			_, _ = ParseRows(h.Type, body)
			_, _ = ParseQuery(body, h.Type == QueryCompressed)
			_, _ = ParseMariaGTID(body)
			_, _ = ParseMyGTID(body)
			_, _ = ParseTaggedGTID(body)
			_, _, _ = ParseRotate(body)
			_, _ = Payload(body)
			_, _ = EndsWithChecksum(event)
			_, _ = Decompress(body)
			_, _ = Unpack(body)
			_, _ = AppendJSON(nil, body)
			if m, err := ParseTableMap(body); err == nil {
				fuzzValues(m, body)
			}
		}
	})
}

// fuzzValues reads values of every column out of the same bytes.
func fuzzValues(m *TableMap, b []byte) {
	for _, c := range m.Columns {
		n, err := c.Size(b)
		if err != nil {
			continue
		}
		value := b[c.LengthWidth():n]
		switch c.Real {
		case TypeNewDecimal:
			c.AppendDecimal(nil, value)
		case TypeTimestamp, TypeTimestamp2:
			c.Seconds(value)
		default:
			c.Fields(value)
		}
	}
}
