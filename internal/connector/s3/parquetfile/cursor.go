package parquetfile

import (
	"errors"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go"
)

// cursor goes through the values of one column of a row group. A column that is not nested has one for each row.
type cursor struct {
	pages  parquet.Pages
	page   parquet.Page
	values parquet.ValueReader
	buf    [128]parquet.Value
	filled int
	at     int64 // the row of buf[0]
}

// seek is the value of a row, which does not come before the last one that was asked for.
func (c *cursor) seek(row int64) (parquet.Value, error) {
	for row >= c.at+int64(c.filled) {
		c.at += int64(c.filled)
		c.filled = 0
		if err := c.more(); err != nil {
			if errors.Is(err, io.EOF) {
				err = fmt.Errorf("its pages end behind row %d", c.at)
			}
			return parquet.Value{}, err
		}
	}
	return c.buf[row-c.at], nil
}

func (c *cursor) more() (err error) {
	for {
		if c.values != nil {
			c.filled, err = c.values.ReadValues(c.buf[:])
			if c.filled > 0 {
				return nil
			}
			if err != nil && !errors.Is(err, io.EOF) {
				return err
			}
		}
		c.release()
		if c.page, err = c.pages.ReadPage(); err != nil {
			return err
		}
		c.values = c.page.Values()
	}
}

func (c *cursor) release() {
	if c.page != nil {
		parquet.Release(c.page)
	}
	c.page, c.values = nil, nil
}

func (c *cursor) close() {
	c.release()
	_ = c.pages.Close() // nothing was written
}
