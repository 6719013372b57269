package sqlite

import (
	"fmt"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// fileMarks returns the names of numbers in the head of a file that belong to its users: migrations of a schema count in the first.
// Source: https://www.sqlite.org/pragma.html#pragma_user_version
func fileMarks() []string { return []string{"user_version", "application_id"} }

const setMark = "PRAGMA main."

// inspectMarks lists the numbers that are set.
func inspectMarks(c *conn) ([]catalog.Object, error) {
	var objects []catalog.Object
	for _, mark := range fileMarks() {
		n, err := c.number(setMark + mark)
		if err != nil {
			return nil, err
		}
		if n != 0 {
			objects = append(objects, catalog.Object{Kind: "file header", Name: catalog.Name{Schema: Schema, Name: mark}, Stage: catalog.AtEnd,
				DDL: []string{fmt.Sprintf("%s%s=%d", setMark, mark, n)}, Detail: fmt.Sprint(n)})
		}
	}
	return objects, nil
}

// writeFileMark sets a number that is not set to another one.
func writeFileMark(c *conn, sql string) error {
	mark, want, _ := strings.Cut(strings.TrimPrefix(sql, setMark), "=")
	n, err := c.number(setMark + mark)
	switch {
	case err != nil:
		return err
	case n != 0 && fmt.Sprint(n) != want:
		return &connector.Error{Class: connector.Present, Err: fmt.Errorf("%s of the file is %d, and %s at the source", mark, n, want)}
	}
	return c.exec(sql)
}
