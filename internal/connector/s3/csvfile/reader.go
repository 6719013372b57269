package csvfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// Dialect is how a file is written. Neither delimiter holds the other.
type Dialect struct {
	Delimiter, RowDelimiter string
	// Quotes says that fields may stand in quotation marks, those inside being doubled (Rfc4180).
	Quotes bool
}

const (
	// MaxRecord bounds a record: else a quotation mark that nobody closes would have the rest of a file in memory.
	MaxRecord = 1 << 30
	// MaxFields bounds its fields, of which there is more to know than their few bytes: else a small compressed file could fill the
	// memory with empty ones.
	MaxFields = 1 << 16
	// leastBuffer is what is read at once, keptBuffer what is kept of a buffer that a large record has blown up.
	leastBuffer = 128 << 10
	keptBuffer  = 4 << 20
)

// SyntaxError is a place where the text is no CSV. Nothing behind it can be read.
type SyntaxError struct {
	Line   int64 // where it is, from 1
	Column int   // the field, from 1
	Reason string
}

// Error says where it is.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, e.Reason)
}

// Reader reads the records of one file.
type Reader struct {
	src            io.Reader
	delimiter, end []byte
	quotes         bool
	crlf           bool // a carriage return before the end of a record belongs to it
	loose          bool // fields without quotation marks may hold line breaks
	most           int

	buf    []byte
	start  int // of the record
	next   int // of the one behind it
	filled int
	ended  bool // there is no more to read than what the buffer holds

	fields  []field
	line    int64 // on which the record begins
	breaks  int64 // line breaks so far
	records int64
}

// field is a field's place from the record's start on.
type field struct {
	from, to int
	quoted   bool
}

// New makes a reader. A byte order mark at the beginning is not part of the text.
func New(src io.Reader, d Dialect) *Reader {
	return &Reader{
		src: src, delimiter: []byte(d.Delimiter), end: []byte(d.RowDelimiter), quotes: d.Quotes, crlf: d.Quotes && d.RowDelimiter == "\n",
		loose: d.RowDelimiter != "\n", most: MaxRecord,
	}
}

// Next reads a record; io.EOF means that there is none.
func (r *Reader) Next() error {
	r.start, r.fields = r.next, r.fields[:0]
	r.letGo()
	if r.records == 0 {
		if err := r.skipMark(); err != nil {
			return err
		}
	}
	more, err := r.have(1)
	if err == nil && !more {
		err = io.EOF
	}
	if err != nil {
		return err
	}
	r.records++
	r.line = r.breaks + 1
	at, last := 0, false
	for !last {
		if len(r.fields) >= MaxFields {
			return r.wrong("the record has more than %d fields: the delimiter of rows, or that of fields, is another", MaxFields)
		}
		if at, last, err = r.field(at); err != nil {
			return err
		}
	}
	r.next = r.start + at
	return nil
}

func (r *Reader) skipMark() error {
	const mark = "\xef\xbb\xbf"
	ok, err := r.have(len(mark))
	if ok && string(r.buf[r.start:r.start+len(mark)]) == mark {
		r.start += len(mark)
	}
	return err
}

// Len is the number of fields of the record.
func (r *Reader) Len() int { return len(r.fields) }

// Field is a field of the record, without its quotation marks, and whether it had any. It is valid until the next record.
func (r *Reader) Field(i int) (text []byte, quoted bool) {
	f := r.fields[i]
	return r.buf[r.start+f.from : r.start+f.to : r.start+f.to], f.quoted
}

// Line is the line on which the record begins, from 1.
func (r *Reader) Line() int64 { return r.line }

// Records is the number of records that were read, this one included.
func (r *Reader) Records() int64 { return r.records }

// letGo frees a large buffer once little is in it.
func (r *Reader) letGo() {
	if left := r.buf[r.start:r.filled]; len(r.buf) > keptBuffer && len(left) < keptBuffer/2 {
		small := make([]byte, keptBuffer)
		r.filled = copy(small, left)
		r.buf, r.start = small, 0
	}
}

// have makes sure that so many bytes of the record are in the buffer, and reports whether there are.
func (r *Reader) have(n int) (bool, error) {
	for r.start+n > r.filled {
		if r.ended {
			return false, nil
		}
		if err := r.fill(); err != nil {
			return false, err
		}
	}
	return true, nil
}

func (r *Reader) fill() error {
	if r.start > 0 {
		r.filled = copy(r.buf, r.buf[r.start:r.filled])
		r.start = 0
	}
	if r.filled >= r.most {
		return r.wrong("the record does not end within %d bytes: a quotation mark is not closed, or the delimiter of rows is another", r.most)
	}
	if r.filled == len(r.buf) {
		grown := make([]byte, min(max(leastBuffer, 2*len(r.buf)), max(r.most, leastBuffer)))
		copy(grown, r.buf)
		r.buf = grown
	}
	for range 100 { // a reader may return nothing now and then
		n, err := r.src.Read(r.buf[r.filled:])
		r.filled += n
		if errors.Is(err, io.EOF) {
			r.ended = true
			return nil
		}
		if n > 0 || err != nil {
			return err
		}
	}
	return io.ErrNoProgress
}

func (r *Reader) wrong(format string, args ...any) error {
	return &SyntaxError{Line: r.breaks + 1, Column: len(r.fields) + 1, Reason: fmt.Sprintf(format, args...)}
}

// field reads the field that begins at a place, and returns where the next one does. last says that the record ends with it.
func (r *Reader) field(at int) (next int, last bool, err error) {
	if r.quotes {
		more, err := r.have(at + 1)
		if err != nil {
			return 0, false, err
		}
		if more && r.buf[r.start+at] == '"' {
			return r.quoted(at)
		}
	}
	return r.plain(at)
}

func (r *Reader) add(from, to int, quoted bool) { r.fields = append(r.fields, field{from, to, quoted}) }

func (r *Reader) plain(from int) (next int, last bool, err error) {
	for at := from; ; at++ {
		window := r.buf[r.start+at : r.filled]
		n := r.mayDelimit(window)
		at += n
		if n == len(window) {
			more, err := r.have(at + 1)
			if err != nil {
				return 0, false, err
			}
			if !more {
				r.endPlain(from, at, false)
				return at, true, nil
			}
			at--
			continue
		}
		size, last, err := r.delimiterAt(at)
		if err != nil {
			return 0, false, err
		}
		if size > 0 {
			r.endPlain(from, at, last)
			return at + size, last, nil
		}
	}
}

func (r *Reader) endPlain(from, to int, last bool) {
	text := r.buf[r.start+from : r.start+to]
	if r.loose {
		r.breaks += int64(bytes.Count(text, []byte("\n")))
	}
	if last {
		r.breaks += int64(bytes.Count(r.end, []byte("\n")))
		if r.crlf && bytes.HasSuffix(text, []byte("\r")) {
			to--
		}
	}
	r.add(from, to, false)
}

// mayDelimit is how far it is to the first byte that a delimiter may begin with, or to the end.
func (r *Reader) mayDelimit(window []byte) int {
	field, row := r.delimiter[0], r.end[0]
	for i, c := range window {
		if c == field || c == row {
			return i
		}
	}
	return len(window)
}

// delimiterAt is the size of the delimiter that stands at a place, which the buffer holds; 0 says that none does.
func (r *Reader) delimiterAt(at int) (size int, last bool, err error) {
	is, err := r.stands(r.end, at)
	if is || err != nil {
		return len(r.end), true, err
	}
	if is, err = r.stands(r.delimiter, at); is || err != nil {
		return len(r.delimiter), false, err
	}
	return 0, false, nil
}

func (r *Reader) stands(delimiter []byte, at int) (bool, error) {
	if r.buf[r.start+at] != delimiter[0] {
		return false, nil
	}
	if len(delimiter) == 1 {
		return true, nil
	}
	more, err := r.have(at + len(delimiter))
	return more && bytes.HasPrefix(r.buf[r.start+at:r.filled], delimiter), err
}

// quoted reads a field that begins with a quotation mark. Doubled ones become one, in place.
func (r *Reader) quoted(open int) (next int, last bool, err error) {
	from, line := open+1, r.breaks+1
	at, to := from, from
	for {
		window := r.buf[r.start+at : r.filled]
		n := bytes.IndexByte(window, '"')
		closed := n >= 0
		if !closed {
			n = len(window)
		}
		r.breaks += int64(bytes.Count(window[:n], []byte("\n")))
		if to != at {
			copy(r.buf[r.start+to:], window[:n])
		}
		at, to = at+n, to+n
		if closed {
			at++ // behind the mark
		}
		more, err := r.have(at + 1)
		switch {
		case err != nil:
			return 0, false, err
		case !more && !closed:
			return 0, false, &SyntaxError{Line: line, Column: len(r.fields) + 1, Reason: "a quotation mark is opened and not closed before the file ends"}
		case !more:
			r.add(from, to, true)
			return at, true, nil
		case !closed:
			continue
		case r.buf[r.start+at] != '"':
			return r.behindQuoted(from, to, at)
		}
		r.buf[r.start+to] = '"'
		at, to = at+1, to+1
	}
}

// behindQuoted reads what follows a closing quotation mark: a delimiter.
func (r *Reader) behindQuoted(from, to, at int) (next int, last bool, err error) {
	if r.crlf && r.buf[r.start+at] == '\r' {
		more, err := r.have(at + 2)
		if err != nil {
			return 0, false, err
		}
		if more && r.buf[r.start+at+1] == '\n' {
			at++
		}
	}
	size, last, err := r.delimiterAt(at)
	if err != nil {
		return 0, false, err
	}
	if size == 0 {
		return 0, false, r.wrong("the closing quotation mark of a field is followed by neither delimiter; a quotation mark inside a field is written twice")
	}
	r.add(from, to, true)
	if last {
		r.breaks += int64(bytes.Count(r.end, []byte("\n")))
	}
	return at + size, last, nil
}
