package mysql

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// FuzzEscape undoes the escaping by the rules of LOAD DATA and looks for bytes that would end a field or a line.
func FuzzEscape(f *testing.F) {
	f.Add([]byte("a\tb\nc\\d\x00"))
	f.Add([]byte(`\N`))
	f.Add(bytes.Repeat([]byte{0xe2, 0x5c, 0x0a, 0x09, 0x0b}, 9))
	f.Fuzz(func(t *testing.T, p []byte) {
		e := appendEscaped([]byte("x"), p)
		require.Equal(t, byte('x'), e[0])
		require.Equal(t, p, append([]byte{}, unescape(t, e[1:])...), "%q", e)
		require.NotEqual(t, nullField, string(e[1:]))
	})
}

// unescape reads one field of LOAD DATA. Source: MySQL manual, "LOAD DATA Statement", FIELDS ESCAPED BY.
func unescape(t *testing.T, p []byte) []byte {
	out := []byte{}
	for i := 0; i < len(p); i++ {
		c := p[i]
		require.NotContains(t, "\t\n", string(rune(c)))
		if c == '\\' {
			i++
			require.Less(t, i, len(p), "an escape that ends nothing")
			c = p[i]
			switch c {
			case 't':
				c = '\t'
			case 'n':
				c = '\n'
			case '0', 'b', 'r', 'Z', 'N':
				t.Fatalf("an escape that means something else: %q", c)
			}
		}
		out = append(out, c)
	}
	return out
}

// FuzzRow feeds bytes to the row decoder: whatever the server sends, a row is taken whole or not at all.
func FuzzRow(f *testing.F) {
	f.Add([]byte("\x017\x0510:00\xfb\x0a2020-01-01\x031.5\x01\x01"))
	f.Add([]byte("\xfe\xff\xff\xff\xff\xff\xff\xff\xff"))
	f.Add([]byte("\x02-1\x0a-838:59:59\xfb\x0a0000-00-00\x035e9\x09\x00\x00\x00\x00\x01\x01\x00\x00\x00"))
	layouts := []change.Layout{change.Int64, change.Time, change.Text, change.Date, change.Float64, change.Bytes, change.Timestamp}
	bases := []string{"int", "time", "varchar", "date", "double", "point", "datetime"}
	var decoders []cellDecoder
	for i, l := range layouts {
		d, err := decoderFor(connector.ReadColumn{Column: &catalog.Column{Name: bases[i], BaseType: bases[i]}, Layout: l})
		require.NoError(f, err)
		decoders = append(decoders, d)
	}
	f.Fuzz(func(t *testing.T, row []byte) {
		var b change.Batch
		b.Reset(layouts)
		if err := decodeRow(&b, decoders, row); err != nil {
			b.CancelRow()
			require.Equal(t, 0, b.Rows())
			for i := range b.Columns {
				require.Equal(t, 0, b.Columns[i].Len())
			}
			return
		}
		require.Equal(t, 1, b.Rows())
	})
}

// FuzzTemporalText: what the decoder takes, the encoder writes back with the same meaning.
func FuzzTemporalText(f *testing.F) {
	for _, s := range []string{"2020-02-31 10:00:00.5", "0000-00-00", "-838:59:59.999999", "9999-12-31 23:59:59"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		e := cellEncoder{kind: momentKind, column: columnInfo{scale: 6}}
		if m, ok := parseMoment([]byte(s)); ok {
			text, err := e.appendMoment(nil, m)
			require.NoError(t, err)
			again, ok := parseMoment(text)
			require.True(t, ok, "%s", text)
			require.Equal(t, m, again)
		}
		e.kind = timeKind
		if c, ok := parseClock([]byte(s)); ok {
			text, err := e.appendClock(nil, c)
			require.NoError(t, err)
			again, ok := parseClock(text)
			require.True(t, ok, "%s", text)
			require.Equal(t, c, again)
		}
	})
}

// BenchmarkDecodeRow and BenchmarkEncodeRow cost a row of sysbench's shape.
func BenchmarkDecodeRow(b *testing.B) {
	row := append([]byte("\x071234567\x06499999\x77"), bytes.Repeat([]byte("12345678901-"), 10)[:119]...)
	row = append(append(row, 59), bytes.Repeat([]byte("12345678901-"), 5)[:59]...)
	decoders := []cellDecoder{{form: signed}, {form: signed}, {form: asIs}, {form: asIs}}
	layouts := []change.Layout{change.Int64, change.Int64, change.Text, change.Text}
	var batch change.Batch
	batch.Reset(layouts)
	b.SetBytes(int64(len(row)))
	b.ReportAllocs()
	for b.Loop() {
		if batch.Full() {
			batch.Reset(layouts)
		}
		if err := decodeRow(&batch, decoders, row); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEncodeRow(b *testing.B) {
	columns := []cellEncoder{{put: putSigned}, {put: putSigned}, {put: putData}, {put: putData}}
	var batch change.Batch
	batch.Reset([]change.Layout{change.Int64, change.Int64, change.Text, change.Text})
	batch.Columns[0].AppendInt(1234567)
	batch.Columns[1].AppendInt(499999)
	batch.Columns[2].AppendData(bytes.Repeat([]byte("12345678901-"), 10)[:119])
	batch.Columns[3].AppendData(bytes.Repeat([]byte("12345678901-"), 5)[:59])
	batch.EndRow()
	var dst []byte
	b.SetBytes(191)
	b.ReportAllocs()
	for b.Loop() {
		dst = dst[:0]
		for c := range columns {
			var err error
			if dst, err = columns[c].append(dst, &batch.Columns[c], 0); err != nil {
				b.Fatal(err)
			}
			dst = append(dst, '\t')
		}
	}
}
