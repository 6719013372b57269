package postgres

import (
	"bytes"
	"encoding/binary"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// everyFlow has a column for each decoder.
func everyFlow(t testing.TB) ([]inflow, []change.Layout) {
	t.Helper()
	var in []inflow
	var layouts []change.Layout
	for _, c := range []struct {
		base   uint32
		layout change.Layout
	}{
		{oidBool, change.Bool}, {oidInt2, change.Int64}, {oidInt4, change.Int64}, {oidInt8, change.Int64}, {oidOid, change.Int64}, {oidFloat4, change.Float32},
		{oidFloat8, change.Float64}, {oidNumeric, change.Decimal}, {oidDate, change.Date}, {oidTimestamp, change.Timestamp}, {oidText, change.Text},
		{oidJSONB, change.Text}, {oidUUID, change.Text}, {oidBytea, change.Bytes}, {oidInt4, change.Native},
	} {
		f, err := inflowOf(&attribute{name: "c", wireType: wireType{base: c.base}}, c.layout, false)
		require.NoError(t, err)
		in, layouts = append(in, f), append(layouts, c.layout)
	}
	return in, layouts
}

// everyRow is a row that everyFlow decodes, in the wire's form.
func everyRow() []byte {
	row := []byte{0, 15}
	field := func(p ...byte) {
		row = binary.BigEndian.AppendUint32(row, uint32(len(p)))
		row = append(row, p...)
	}
	field(1)
	field(0xff, 0xfe)
	field(0, 0, 1, 0)
	field(0, 0, 0, 0, 0, 1, 0, 0)
	field(0xff, 0xff, 0xff, 0xff)
	field(0x3f, 0x80, 0, 0)
	field(0x40, 0x09, 0x21, 0xfb, 0x54, 0x44, 0x2d, 0x18)
	numeric, _ := appendNumericBinary(nil, []byte("-12345.678"))
	field(numeric...)
	field(0, 0, 0x10, 0)
	field(0, 0, 1, 2, 3, 4, 5, 6)
	field([]byte("some text of usual length")...)
	field(append([]byte{1}, `{"a": 1}`...)...)
	field(bytes.Repeat([]byte{0xab}, 16)...)
	field(bytes.Repeat([]byte{0}, 32)...)
	return append(row, 0xff, 0xff, 0xff, 0xff)
}

func frame(kind byte, body ...[]byte) []byte {
	b := bytes.Join(body, nil)
	return append(binary.BigEndian.AppendUint32([]byte{kind}, uint32(len(b)+4)), b...)
}

var streamHeader = append(append([]byte{}, copySignature...), 0, 0, 0, 0, 0, 0, 0, 0)

// decodeStream runs the reader over bytes as if they had come from a server.
func decodeStream(t testing.TB, stream io.Reader, buffer int) (rows int, err error) {
	t.Helper()
	in, layouts := everyFlow(t)
	pool := change.NewPool(1, 0)
	w := &wire{in: frames{r: stream, buf: make([]byte, buffer)}}
	rd := &reading{w: w, columns: in, layouts: layouts, r: &connector.ReadRequest{
		Table: &catalog.Table{}, Pool: pool,
		Emit: func(b *change.Batch) error {
			for i := range b.Columns {
				require.Equal(t, b.Rows(), b.Columns[i].Len())
			}
			rows += b.Rows()
			pool.Put(b)
			return nil
		},
	}}
	err = rd.run(t.Context())
	rd.release()
	return rows, err
}

func TestStreamIsDecodedWhateverWayItIsCut(t *testing.T) {
	var s bytes.Buffer
	s.Write(frame('d', streamHeader, everyRow()))
	for range 99 {
		s.Write(frame('N', []byte("notice")))
		s.Write(frame('d', everyRow()))
	}
	s.Write(frame('d', everyRow(), everyRow(), []byte{0xff, 0xff}))
	s.Write(bytes.Join([][]byte{frame('c'), frame('C', []byte("COPY 102\x00")), frame('Z', []byte("T"))}, nil))
	for _, buffer := range []int{1 << 10, copyBuffer} {
		for _, step := range []int{1, 7, 1000, 1 << 20} {
			n, err := decodeStream(t, &stutter{s.Bytes(), step}, buffer)
			require.NoError(t, err)
			require.Equal(t, 102, n)
		}
	}
	for cut := range 500 {
		_, err := decodeStream(t, bytes.NewReader(s.Bytes()[:cut]), 1<<10)
		require.Equal(t, connector.Lost, connector.ClassOf(err))
	}
}

// stutter hands out its bytes in small steps.
type stutter struct {
	left []byte
	step int
}

func (s *stutter) Read(p []byte) (int, error) {
	if len(s.left) == 0 {
		return 0, io.EOF
	}
	n := copy(p[:min(len(p), s.step)], s.left)
	s.left = s.left[n:]
	return n, nil
}

func TestRelayPassesEveryByteOnAndCountsRows(t *testing.T) {
	body := bytes.Join([][]byte{
		frame('d', streamHeader, everyRow()), frame('d', everyRow()), frame('d', make([]byte, 5000)), frame('d', everyRow()), frame('d', []byte{0xff, 0xff}),
	}, nil)
	empty := frame('d', streamHeader, []byte{0xff, 0xff})
	for _, c := range []struct {
		stream []byte
		rows   int
	}{{body, 4}, {empty, 0}} {
		for _, step := range []int{1, 7, 100, 1 << 20} {
			var got []byte
			rows := 0
			r := relay{in: &frames{r: &stutter{append(bytes.Clone(c.stream), frame('c')...), step}, buf: make([]byte, 1000)}, inBinary: true,
				emit: func(p []byte, n int) error {
					if len(got) == 0 {
						require.True(t, bytes.HasPrefix(p[frameHead:], copySignature))
					}
					got = append(got, p...)
					rows += n
					return nil
				}}
			require.NoError(t, r.run())
			require.Equal(t, c.stream, got)
			require.Equal(t, c.rows, rows)
		}
	}
}

func FuzzStream(f *testing.F) {
	f.Add(bytes.Join([][]byte{frame('d', streamHeader, everyRow()), frame('d', everyRow(), []byte{0xff, 0xff}), frame('c'), frame('Z', []byte("T"))}, nil))
	f.Fuzz(func(t *testing.T, stream []byte) {
		if len(stream) > 1<<16 {
			return
		}
		for _, buffer := range []int{64, 4096} {
			_, _ = decodeStream(t, bytes.NewReader(stream), buffer)
			r := relay{in: &frames{r: bytes.NewReader(stream), buf: make([]byte, buffer)}, inBinary: true, emit: func([]byte, int) error { return nil }}
			_ = r.run()
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	in, layouts := everyFlow(b)
	var batch change.Batch
	batch.Reset(layouts)
	row := everyRow()[2:]
	b.SetBytes(int64(len(row)))
	b.ReportAllocs()
	for b.Loop() {
		if batch.Rows() == 4096 {
			batch.Reset(layouts)
		}
		if _, err := decodeRow(in, &batch, row); err != nil {
			b.Fatal(err)
		}
		batch.EndRow()
	}
}

func BenchmarkEncode(b *testing.B) {
	in, layouts := everyFlow(b)
	var batch change.Batch
	batch.Reset(layouts)
	if _, err := decodeRow(in, &batch, everyRow()[2:]); err != nil {
		b.Fatal(err)
	}
	batch.EndRow()
	var out []outflow
	for i, base := range []uint32{oidBool, oidInt2, oidInt4, oidInt8, oidInt8, oidFloat4, oidFloat8, oidNumeric, oidDate, oidTimestamp, oidText, oidJSONB, oidUUID, oidBytea, oidInt4} {
		out = append(out, outflow{encode: binaryEncoder(&attribute{modifier: -1, wireType: wireType{base: base}}, layouts[i])})
	}
	var e rows
	e.reset()
	b.ReportAllocs()
	for b.Loop() {
		if len(e.buf) > flushAt {
			e.reset()
		}
		if _, ok := e.binaryRow(out, &batch, 0); !ok {
			b.Fatal("refused")
		}
	}
}
