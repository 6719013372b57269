package csvfile

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

var plain = Dialect{Delimiter: ",", RowDelimiter: "\n", Quotes: true}

// read reads all records; quoted fields come with marks of their own.
func read(src io.Reader, d Dialect) (records [][]string, lines []int64, err error) {
	r := New(src, d)
	for {
		if err := r.Next(); err != nil {
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return records, lines, err
		}
		var fields []string
		for i := range r.Len() {
			text, quoted := r.Field(i)
			if quoted {
				fields = append(fields, "«"+string(text)+"»")
			} else {
				fields = append(fields, string(text))
			}
		}
		records, lines = append(records, fields), append(lines, r.Line())
	}
}

func TestRecords(t *testing.T) {
	for name, c := range map[string]struct {
		text  string
		d     Dialect
		want  [][]string
		lines []int64
	}{
		"plain":             {"a,b\nc,\n", plain, [][]string{{"a", "b"}, {"c", ""}}, []int64{1, 2}},
		"no end":            {"a,b", plain, [][]string{{"a", "b"}}, []int64{1}},
		"delimiter at end":  {"a,", plain, [][]string{{"a", ""}}, []int64{1}},
		"nothing":           {"", plain, nil, nil},
		"blank":             {"\n\nx", plain, [][]string{{""}, {""}, {"x"}}, []int64{1, 2, 3}},
		"quoted":            {`"a,""b""","",c"d` + "\n", plain, [][]string{{`«a,"b"»`, "«»", `c"d`}}, []int64{1}},
		"lines inside":      {"\"a\nb\",c\nd", plain, [][]string{{"«a\nb»", "c"}, {"d"}}, []int64{1, 3}},
		"of Windows":        {"a,\"b\"\r\nc\r\n", plain, [][]string{{"a", "«b»"}, {"c"}}, []int64{1, 2}},
		"byte order mark":   {"\xef\xbb\xbfa\n", plain, [][]string{{"a"}}, []int64{1}},
		"no quotes":         {"\"a,b\"\r\n", Dialect{",", "\n", false}, [][]string{{`"a`, "b\"\r"}}, []int64{1}},
		"long delimiters":   {"a|b||c|;d|;", Dialect{"||", "|;", true}, [][]string{{"a|b", "c"}, {"d"}}, []int64{1, 1}},
		"lines in fields":   {"a\nb;c;", Dialect{",", ";", false}, [][]string{{"a\nb"}, {"c"}}, []int64{1, 2}},
		"carriage returns":  {"a,b\r\nc", Dialect{",", "\r\n", true}, [][]string{{"a", "b"}, {"c"}}, []int64{1, 2}},
		"half a delimiter":  {"a\rb\r\n", Dialect{",", "\r\n", true}, [][]string{{"a\rb"}}, []int64{1}},
		"quoted at the end": {`a,"b"`, plain, [][]string{{"a", "«b»"}}, []int64{1}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, src := range []io.Reader{strings.NewReader(c.text), iotest.OneByteReader(strings.NewReader(c.text)), iotest.DataErrReader(strings.NewReader(c.text))} {
				got, lines, err := read(src, c.d)
				require.NoError(t, err)
				require.Equal(t, c.want, got)
				require.Equal(t, c.lines, lines)
			}
		})
	}
}

func TestSyntaxErrorsHaveAPlace(t *testing.T) {
	for text, want := range map[string]string{
		"a,b\nc,\"d":          "line 2, column 2: a quotation mark is opened and not closed before the file ends",
		"\"a\nb\"x,c\n":       "line 2, column 1: the closing quotation mark of a field is followed by neither delimiter",
		"a,\"x\ny\"\n\"b\"\r": "line 3, column 1: the closing",
	} {
		_, _, err := read(strings.NewReader(text), plain)
		var syntax *SyntaxError
		require.ErrorAs(t, err, &syntax, text)
		require.ErrorContains(t, err, want)
	}
	broken := errors.New("broken")
	_, _, err := read(iotest.ErrReader(broken), plain)
	require.ErrorIs(t, err, broken)
}

// TestAMarkThatIsNeverClosedIsBounded: it must not have the rest of a large file in memory.
func TestAMarkThatIsNeverClosedIsBounded(t *testing.T) {
	r := New(io.MultiReader(strings.NewReader("a\n\""), bytes.NewReader(make([]byte, 1<<20))), plain)
	r.most = 300 << 10
	require.NoError(t, r.Next())
	require.ErrorContains(t, r.Next(), "line 2, column 1: the record does not end within 307200 bytes")
	require.LessOrEqual(t, len(r.buf), 300<<10)
}

// TestFieldsAreBounded: a few kilobytes that are compressed hold millions of empty ones.
func TestFieldsAreBounded(t *testing.T) {
	r := New(strings.NewReader(strings.Repeat(",", MaxFields-1)+"\n"+strings.Repeat(",", 3*MaxFields)), plain)
	require.NoError(t, r.Next())
	require.Equal(t, MaxFields, r.Len())
	var syntax *SyntaxError
	require.ErrorAs(t, r.Next(), &syntax)
	require.Equal(t, "line 2, column 65537: the record has more than 65536 fields: the delimiter of rows, or that of fields, is another", syntax.Error())
	require.Equal(t, MaxFields, r.Len())
}

// TestALargeRecordLeavesNoLargeBuffer behind.
func TestALargeRecordLeavesNoLargeBuffer(t *testing.T) {
	text := strings.Repeat("x", 3*keptBuffer) + ",y\n" + strings.Repeat("a,b\n", 100)
	r := New(strings.NewReader(text), plain)
	require.NoError(t, r.Next())
	field, _ := r.Field(0)
	require.Len(t, field, 3*keptBuffer)
	for range 100 {
		require.NoError(t, r.Next())
		field, _ := r.Field(1)
		require.Equal(t, "b", string(field))
	}
	require.LessOrEqual(t, len(r.buf), keptBuffer)
}

// TestWhatIsQuotedIsReadBack whatever it is, by any delimiters.
func TestWhatIsQuotedIsReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		letters := rapid.StringOfN(rapid.SampledFrom([]rune("ab,;|\"\r\n\tä")), 0, 12, -1)
		d := rapid.SampledFrom([]Dialect{plain, {"||", "\r\n", true}, {"\t", ";", true}, {"|", "|\n", true}}).Draw(t, "dialect")
		if strings.Contains(d.RowDelimiter, d.Delimiter) {
			d.Delimiter = "\t\t"
		}
		records := rapid.SliceOf(rapid.SliceOfN(letters, 1, 4)).Draw(t, "records")
		var text strings.Builder
		var want [][]string
		for _, fields := range records {
			var row []string
			for i, f := range fields {
				if i > 0 {
					text.WriteString(d.Delimiter)
				}
				text.WriteString(`"` + strings.ReplaceAll(f, `"`, `""`) + `"`)
				row = append(row, "«"+f+"»")
			}
			text.WriteString(d.RowDelimiter)
			want = append(want, row)
		}
		got, _, err := read(iotest.HalfReader(strings.NewReader(text.String())), d)
		require.NoError(t, err)
		require.Equal(t, want, got)
	})
}

func TestInflate(t *testing.T) {
	var zipped bytes.Buffer
	for _, part := range []string{"a,b\n", "c,d\n"} { // members one behind the other are one file
		z := gzip.NewWriter(&zipped)
		_, _ = io.WriteString(z, part)
		require.NoError(t, z.Close())
	}
	for _, text := range []string{zipped.String(), "a,b\nc,d\n"} {
		r, err := Inflate(strings.NewReader(text))
		require.NoError(t, err)
		got, err := io.ReadAll(r)
		require.NoError(t, err)
		require.Equal(t, "a,b\nc,d\n", string(got))
	}
	for _, short := range []string{"", "a"} {
		r, err := Inflate(strings.NewReader(short))
		require.NoError(t, err)
		got, err := io.ReadAll(r)
		require.NoError(t, err)
		require.Equal(t, short, string(got))
	}
	_, err := Inflate(strings.NewReader("\x1f\x8bnonsense"))
	require.ErrorContains(t, err, "gzip")
}

// FuzzReader: however the bytes arrive the records are the same, and nothing panics.
func FuzzReader(f *testing.F) {
	f.Add("a,\"b\"\"c\"\r\n,\n", ",", "\n", true)
	f.Add("a||b|;", "||", "|;", true)
	f.Add("\"a", "\t", "\r\n", false)
	f.Fuzz(func(t *testing.T, text, field, row string, quotes bool) {
		if field == "" || row == "" || strings.Contains(field, row) || strings.Contains(row, field) || strings.Contains(field+row, `"`) {
			t.Skip()
		}
		d := Dialect{field, row, quotes}
		whole, lines, err := read(strings.NewReader(text), d)
		pieces, other, again := read(iotest.OneByteReader(strings.NewReader(text)), d)
		require.Equal(t, whole, pieces)
		require.Equal(t, lines, other)
		require.Equal(t, err, again)
	})
}

func BenchmarkReader(b *testing.B) {
	line := []byte("12345,some words of a text,\"a \"\"quoted\"\" one\",2024-02-29 12:34:56.789012,-123456789.125\n")
	text := bytes.Repeat(line, 10_000)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		r := New(bytes.NewReader(text), plain)
		for r.Next() == nil {
		}
	}
}
