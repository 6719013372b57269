package rowfile

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"unicode/utf8"

	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/datatype"
)

// CSV is the dialect of DMS's CSV files.
type CSV struct {
	Delimiter, RowDelimiter string
	// Null is written for a null, Absent for a value that the source has not sent.
	Null, Absent string
	// Quote puts fields in quotation marks that need it (Rfc4180). Without it a value that a reader would take apart is refused.
	Quote  bool
	Header bool // AddColumnName
	Pad    bool // AddTrailingPaddingCharacter
}

// Extension implements Format.
func (CSV) Extension() string { return ".csv" }

// ContentType implements Format.
func (CSV) ContentType() string { return "text/csv" }

// flushAt is how much text is gathered before it is written.
const flushAt = 64 << 10

// csvWriter writes one file.
type csvWriter struct {
	CSV
	layout Layout
	w      io.Writer
	buf    []byte
	lead   []byte
	// special are the bytes on which a field is looked at more closely.
	special [256]bool
	plain   []bool // by column: its values never hold a special byte
	free    []bool // by column: without quotation marks its values can hold no delimiter
	digits  []int
	width   []int  // by column: to how many characters texts are padded; 0 is none
	unfit   string // why no row can be written without quotation marks
	scratch []byte
}

// New implements Format.
func (c CSV) New(w io.Writer, l Layout) (Writer, error) {
	f := &csvWriter{CSV: c, layout: l, w: w}
	for _, s := range []string{c.Delimiter, c.RowDelimiter, "\n", "\r", `"`} {
		f.special[s[0]] = true
	}
	numeric, hex := f.keeps("0123456789+-.:eEinftyNaTBCrusl "), f.keeps("0123456789abcdef")
	marked := c.Null != "" || c.Absent != "" // a word that a value may look like
	for _, col := range l.Columns {
		text := col.Layout == change.Text || col.Layout == change.Native
		f.plain = append(f.plain, numeric && !marked && !text && col.Layout != change.Bytes)
		f.free = append(f.free, !text && (numeric && col.Layout != change.Bytes || hex && col.Layout == change.Bytes))
		f.digits = append(f.digits, digitsOf(col.Column.Type))
		f.width = append(f.width, c.widthOf(col.Column.Type))
	}
	for _, s := range l.Lead {
		f.lead = append(f.field(f.lead, []byte(s)), c.Delimiter...)
	}
	f.unfit = f.unfitNames()
	if c.Header {
		f.header()
	}
	return f, nil
}

// unfitNames says which of the names that are written would be taken apart.
func (f *csvWriter) unfitNames() string {
	names := slices.Clone(f.layout.Lead)
	if f.Header {
		names = append(names, f.layout.Stamp)
		for _, c := range f.layout.Columns {
			names = append(names, c.Column.Name)
		}
	}
	for _, name := range names {
		if !f.Quote && f.delimits([]byte(name)) {
			return fmt.Sprintf("the name %q holds a delimiter of the file, and Rfc4180 is false, so that no quotation marks can keep it together", name)
		}
	}
	return ""
}

// keeps reports whether none of the letters is special.
func (f *csvWriter) keeps(letters string) bool {
	for i := range len(letters) {
		if f.special[letters[i]] {
			return false
		}
	}
	return true
}

func digitsOf(t datatype.Type) int {
	if t.Kind == datatype.DateTime || t.Kind == datatype.Time {
		return min(t.Scale, 6)
	}
	return 0
}

func (c CSV) widthOf(t datatype.Type) int {
	if !c.Pad || t.Kind != datatype.String && t.Kind != datatype.WString {
		return 0
	}
	return t.Length
}

func (f *csvWriter) header() {
	first := true
	name := func(s string) {
		if !first {
			f.buf = append(f.buf, f.Delimiter...)
		}
		first = false
		f.buf = f.field(f.buf, []byte(s))
	}
	if f.layout.Op {
		name("Op")
	}
	if f.layout.Stamp != "" {
		name(f.layout.Stamp)
	}
	for _, c := range f.layout.Columns {
		name(c.Column.Name)
	}
	f.buf = append(f.buf, f.RowDelimiter...)
}

// Check implements Writer.
func (f *csvWriter) Check(l *Line) (int, string) {
	if f.Quote {
		return 0, ""
	}
	if f.unfit != "" {
		return 0, f.unfit
	}
	for c := range f.layout.Columns {
		v, i, ok := l.value(c)
		if f.free[c] || !ok || v.IsNull(i) {
			continue
		}
		if f.delimits(f.spelled(v, i, c)) {
			return c, "the value holds a delimiter of the file, and Rfc4180 is false, so that no quotation marks can keep it together"
		}
	}
	return 0, ""
}

// spelled is a value as it will stand in the file; it is kept until the next.
func (f *csvWriter) spelled(v *change.Vector, i, c int) []byte {
	if (v.Layout == change.Text || v.Layout == change.Native) && f.width[c] == 0 {
		return v.Value(i)
	}
	if cap(f.scratch) > 1<<20 {
		f.scratch = nil
	}
	f.scratch = f.value(f.scratch[:0], v, i, c)
	return f.scratch
}

// Write implements Writer.
func (f *csvWriter) Write(lines []Line) error {
	for i := range lines {
		f.line(&lines[i])
		if len(f.buf) >= flushAt {
			if err := f.drain(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (f *csvWriter) line(l *Line) {
	dst := f.buf
	if f.layout.Op {
		dst = append(dst, l.Op)
		dst = append(dst, f.Delimiter...)
	}
	dst = append(dst, f.lead...)
	if f.layout.Stamp != "" {
		dst = appendStamp(dst, l.Stamp)
		dst = append(dst, f.Delimiter...)
	}
	for c := range f.layout.Columns {
		if c > 0 {
			dst = append(dst, f.Delimiter...)
		}
		v, i, ok := l.value(c)
		switch {
		case !ok:
			dst = append(dst, f.Absent...)
		case v.IsNull(i):
			dst = append(dst, f.Null...)
		default:
			dst = f.value(dst, v, i, c)
		}
	}
	f.buf = append(dst, f.RowDelimiter...)
}

// value appends a value that is not null.
func (f *csvWriter) value(dst []byte, v *change.Vector, i, c int) []byte {
	switch v.Layout {
	case change.Text, change.Decimal, change.Native:
		if f.width[c] > 0 {
			return f.padded(dst, v.Value(i), f.width[c])
		}
		if f.plain[c] {
			return append(dst, v.Value(i)...)
		}
		return f.field(dst, v.Value(i))
	case change.Instant: // in UTC, without saying so, as DMS writes it
		dst, at := change.AppendMoment(dst, change.Moment(v.Ints[i]), f.digits[c]), len(dst)
		return f.quoteFrom(dst, at, c)
	default:
		dst, at := change.AppendValue(dst, v, i, f.digits[c]), len(dst)
		return f.quoteFrom(dst, at, c)
	}
}

// quoteFrom quotes what was appended from a place on, if it needs it.
func (f *csvWriter) quoteFrom(dst []byte, at, c int) []byte {
	if f.plain[c] || !f.needsQuotes(dst[at:]) {
		return dst
	}
	text := append([]byte(nil), dst[at:]...) // rare: a delimiter that is a digit or a sign
	return appendQuoted(dst[:at], text)
}

// field appends a text.
func (f *csvWriter) field(dst, p []byte) []byte {
	if f.needsQuotes(p) {
		return appendQuoted(dst, p)
	}
	return append(dst, p...)
}

// needsQuotes reports whether a reader would take a field apart, or for a null.
func (f *csvWriter) needsQuotes(p []byte) bool {
	if !f.Quote {
		return false
	}
	if string(p) == f.Null || string(p) == f.Absent {
		return true
	}
	for _, c := range p {
		if f.special[c] && (c == '"' || c == '\n' || c == '\r' || f.delimits(p)) {
			return true
		}
	}
	return false
}

// delimits reports whether a reader would see a delimiter in a field, or before its end when the delimiter follows.
func (f *csvWriter) delimits(p []byte) bool { return holds(p, f.Delimiter) || holds(p, f.RowDelimiter) }

func holds(p []byte, delimiter string) bool {
	if bytes.Contains(p, []byte(delimiter)) {
		return true
	}
	for n := len(delimiter) - 1; n > 0; n-- { // x| before || reads as x before |
		if bytes.HasSuffix(p, []byte(delimiter[:n])) {
			return true
		}
	}
	return false
}

func appendQuoted(dst, p []byte) []byte {
	dst = append(dst, '"')
	for {
		at := bytes.IndexByte(p, '"')
		if at < 0 {
			break
		}
		dst = append(dst, p[:at+1]...)
		dst = append(dst, '"')
		p = p[at+1:]
	}
	dst = append(dst, p...)
	return append(dst, '"')
}

// padded fills a text up with blanks to its column's length in characters.
func (f *csvWriter) padded(dst, p []byte, width int) []byte {
	missing := width - utf8.RuneCount(p)
	if missing <= 0 {
		return f.field(dst, p)
	}
	text := append(append(make([]byte, 0, len(p)+missing), p...), bytes.Repeat([]byte(" "), missing)...)
	return f.field(dst, text)
}

// appendStamp writes microseconds since 1970 as DMS writes its time stamps.
func appendStamp(dst []byte, micros int64) []byte {
	return change.AppendMoment(dst, change.Moment(micros-epochMicros), 6)
}

// epochMicros lie between 1970 and 2000, where the moments of package change begin.
const epochMicros = 10957 * change.MicrosPerDay

// Pending implements Writer.
func (f *csvWriter) Pending() int { return len(f.buf) }

// keptBuffer is what a file that is flushed keeps of its buffer: there may be many thousand of them.
const keptBuffer = 4 << 10

// Flush implements Writer.
func (f *csvWriter) Flush() error {
	err := f.drain()
	if cap(f.buf) > keptBuffer {
		f.buf = nil
	}
	return err
}

func (f *csvWriter) drain() error {
	_, err := f.w.Write(f.buf)
	f.buf = f.buf[:0]
	if cap(f.buf) > 1<<20 {
		f.buf = nil
	}
	return err
}

// Close implements Writer.
func (f *csvWriter) Close() error { return f.Flush() }
