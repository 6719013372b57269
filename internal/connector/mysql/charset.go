package mysql

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/whimbreldb/whimbrel/internal/connector/mysql/binlog"
)

// charset turns the bytes of a character set into UTF-8 as the server would.
type charset struct {
	name string
	// single and double hold what a byte, or a lead byte and the one after it, become.
	single [256]string
	double map[[2]byte]string
	// wide is the size of a code unit in UTF-16, UCS-2 and UTF-32; 0 for others.
	wide   int
	little bool
	// decoder is for sets with characters of more than two bytes.
	decoder *encoding.Decoder
}

// charsets makes conversions and keeps them. The tables come from the server itself, so that its peculiarities are ours.
type charsets struct {
	host  *host
	known map[string]*charset
}

// tableTime bounds the question for a table.
const tableTime = 30 * time.Second

// of returns the conversion of a set; nil for one that needs none.
func (c *charsets) of(name string) (*charset, error) {
	name = strings.ToLower(name)
	switch name {
	case "", "binary", "utf8", "utf8mb3", "utf8mb4", "ascii":
		return nil, nil
	}
	if known := c.known[name]; known != nil {
		return known, nil
	}
	s := &charset{name: name}
	var err error
	switch name {
	case "utf16", "ucs2":
		s.wide = 2
	case "utf16le":
		s.wide, s.little = 2, true
	case "utf32":
		s.wide = 4
	case "ujis", "eucjpms":
		s.decoder = japanese.EUCJP.NewDecoder()
	case "gb18030":
		s.decoder = simplifiedchinese.GB18030.NewDecoder()
	default:
		err = c.ask(s)
	}
	if err != nil {
		return nil, fmt.Errorf("learn the character set %s: %w", name, err)
	}
	if c.known == nil {
		c.known = map[string]*charset{}
	}
	c.known[name] = s
	return s, nil
}

// multibyte are the sets of one or two bytes per character.
var multibyte = map[string]bool{"sjis": true, "cp932": true, "gbk": true, "gb2312": true, "big5": true, "euckr": true}

// ask has the server convert every byte, and for a multi-byte set every pair.
func (c *charsets) ask(s *charset) error {
	ctx, cancel := context.WithTimeout(context.Background(), tableTime)
	defer cancel()
	se, err := c.host.session(ctx, "sql_mode=''")
	if err != nil {
		return err
	}
	defer se.close()
	row, err := se.convertAll(ctx, s.name, nil)
	if err != nil {
		return err
	}
	copy(s.single[:], row)
	if !multibyte[s.name] {
		return nil
	}
	s.double = map[[2]byte]string{}
	for lead := 0x80; lead < 0x100; lead++ {
		row, err := se.convertAll(ctx, s.name, []byte{byte(lead)})
		if err != nil {
			return err
		}
		for i, text := range row {
			// What is no pair comes out as two characters, or as a question mark.
			if utf8.RuneCountInString(text) == 1 && text != "?" {
				s.double[[2]byte{byte(lead), byte(i)}] = text
			}
		}
	}
	return nil
}

// convertAll converts each byte behind a prefix.
func (se *link) convertAll(ctx context.Context, name string, prefix []byte) ([]string, error) {
	var q strings.Builder
	q.WriteString("SELECT ")
	for i := range 256 {
		if i > 0 {
			q.WriteByte(',')
		}
		fmt.Fprintf(&q, "CONVERT(CAST(x'%x%02x' AS CHAR CHARACTER SET %s) USING utf8mb4)", prefix, i, name)
	}
	rows, err := se.query(ctx, q.String())
	if err != nil {
		return nil, err
	}
	if len(rows) != 1 || len(rows[0]) != 256 {
		return nil, errUnexpectedRow
	}
	return rows[0], nil
}

// append converts b.
func (s *charset) append(dst, b []byte) ([]byte, error) {
	switch {
	case s.wide > 0:
		return s.appendWide(dst, b)
	case s.decoder != nil:
		text, err := s.decoder.Bytes(b)
		return append(dst, text...), err
	}
	for i := 0; i < len(b); i++ {
		if b[i] < 0x80 && s.double == nil || i+1 == len(b) {
			dst = append(dst, s.single[b[i]]...)
			continue
		}
		if text, ok := s.double[[2]byte{b[i], b[min(i+1, len(b)-1)]}]; ok {
			dst = append(dst, text...)
			i++
			continue
		}
		dst = append(dst, s.single[b[i]]...)
	}
	return dst, nil
}

func (s *charset) appendWide(dst, b []byte) ([]byte, error) {
	if len(b)%s.wide != 0 {
		return dst, binlog.ErrMalformed
	}
	unit := func(at int) rune {
		switch {
		case s.wide == 4:
			return rune(b[at])<<24 | rune(b[at+1])<<16 | rune(b[at+2])<<8 | rune(b[at+3])
		case s.little:
			return rune(b[at]) | rune(b[at+1])<<8
		}
		return rune(b[at])<<8 | rune(b[at+1])
	}
	for at := 0; at < len(b); at += s.wide {
		r := unit(at)
		if utf16.IsSurrogate(r) && at+2*s.wide <= len(b) {
			r = utf16.DecodeRune(r, unit(at+s.wide))
			at += s.wide
		}
		dst = utf8.AppendRune(dst, r)
	}
	return dst, nil
}
