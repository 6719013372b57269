package source

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/connector"
)

// position is how far the files of changes are read. The zero position is before all of them.
type position struct {
	// File is the name of the last file that anything was read of.
	File string `json:"file,omitempty"`
	// Records is how many of its records were; 0 means all. Size is what the file had, as one that has changed is another; 0 is not known.
	Records int64 `json:"records,omitempty"`
	Size    int64 `json:"size,omitempty"`
	// Files is how many files of changes there were up to this one, itself included, of Parquet files alone; 0 is not known.
	Files int `json:"files,omitempty"`
}

func (p position) String() string {
	text, _ := json.Marshal(p) // plain fields cannot fail
	return string(text)
}

func parsePosition(text string) (p position, err error) {
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil || d.More() || p.Records < 0 || p.Files < 0 || p.File == "" && p != (position{}) {
		return position{}, &connector.Error{Class: connector.Invalid, Err: fmt.Errorf("%q is no position in files of changes", text),
			Remedy: `write the name of a file of changes, or a position such as {"file":"CDC00001.csv"}`}
	}
	return p, nil
}

// compare orders positions.
func (p position) compare(q position) int {
	if c := cmp.Compare(p.order(), q.order()); c != 0 || p.Records == q.Records {
		return c
	}
	switch {
	case p.Records == 0:
		return 1
	case q.Records == 0:
		return -1
	}
	return cmp.Compare(p.Records, q.Records)
}

// Compare implements connector.Streamer.
func (s *source) Compare(a, b string) (int, error) {
	p, err := parsePosition(a)
	if err != nil {
		return 0, err
	}
	q, err := parsePosition(b)
	return p.compare(q), err
}
