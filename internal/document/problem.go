package document

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// Problem is one thing that is wrong with a document.
type Problem struct { //nolint:errname // one entry of a list of what is wrong, read by people
	Subject string // what the value belongs to: `rule 3 "no-tmp"`; may be empty
	Path    string // of the value; may be empty
	Text    string // what was found and what would be right
}

// Error joins the parts.
func (p *Problem) Error() string {
	text := p.Text
	if p.Path != "" {
		text = p.Path + ": " + text
	}
	if p.Subject != "" {
		text = p.Subject + ": " + text
	}
	return text
}

// Problems gathers all that is wrong with a document.
type Problems struct{ list []error }

// Addf adds a problem.
func (p *Problems) Addf(subject, path, format string, args ...any) {
	p.list = append(p.list, &Problem{subject, path, fmt.Sprintf(format, args...)})
}

// Len is the number of problems.
func (p *Problems) Len() int { return len(p.list) }

// Err joins the problems, one a line; nil when there is none.
func (p *Problems) Err() error { return errors.Join(p.list...) }

// syntaxError adds line and column to the decoder's error.
func syntaxError(text []byte, err error) error {
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &syntax):
		at := len(text)
		if int(syntax.Offset) < len(text) || len(text) > 0 && syntax.Error() != "unexpected end of JSON input" {
			at = int(syntax.Offset) - 1
		}
		return fmt.Errorf("%s: the document is not valid JSON: %w", position(text, at), err)
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return fmt.Errorf("%s: the document is not valid JSON: it ends too early", position(text, len(text)))
	}
	return fmt.Errorf("the document is not valid JSON: %w", err)
}

// position spells a byte offset as line:column, both from 1, the column in characters.
func position(text []byte, at int) string {
	before := text[:min(max(at, 0), len(text))]
	line := 1 + bytes.Count(before, []byte("\n"))
	column := 1 + utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:])
	return fmt.Sprintf("line %d:%d", line, column)
}
