package parquetfile

import (
	"encoding/binary"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go"
)

// Reader reads the rows of one file. It belongs to one goroutine.
type Reader struct {
	in      *input
	size    int64
	file    *parquet.File
	columns []Column
	groups  []parquet.RowGroup

	group   int // that is read, from 1; 0 before the first
	rows    int64
	row     int64 // in the group, from 0
	records int64
	cursors []*cursor // by column; nil where nothing of the group was asked for
}

// pageBuffer is how much of a column is read at once.
const pageBuffer = 64 << 10

// Open reads the end of a file, which describes it.
func Open(file io.ReaderAt, size int64) (*Reader, error) {
	r := &Reader{in: &input{ReaderAt: file}, size: size}
	return r, r.in.guard(0, "", r.open)
}

func (r *Reader) open() (err error) {
	if err = r.checkEnd(); err != nil {
		return err
	}
	r.file, err = parquet.OpenFile(r.in, r.size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true), parquet.ReadBufferSize(pageBuffer))
	if err != nil {
		return err
	}
	r.groups = r.file.RowGroups()
	for _, c := range r.file.Root().Columns() {
		r.columns = append(r.columns, columnOf(c))
	}
	r.cursors = make([]*cursor, len(r.columns))
	return nil
}

// checkEnd makes sure that the description is as long as it claims, before that much memory is taken for it.
func (r *Reader) checkEnd() error {
	const mark, frame = "PAR1", 12 // at both ends, and the length before the last
	if r.size < frame {
		return fmt.Errorf("it has %d bytes", r.size)
	}
	var end [8]byte
	if _, err := r.in.ReadAt(end[:], r.size-8); err != nil {
		return err
	}
	if string(end[4:]) != mark {
		return fmt.Errorf("it ends with %q and not with %s", end[4:], mark)
	}
	if n := int64(binary.LittleEndian.Uint32(end[:4])); n > r.size-frame {
		return fmt.Errorf("its description claims %d of its %d bytes", n, r.size)
	}
	return nil
}

// Columns are those of the file, in its order.
func (r *Reader) Columns() []Column { return r.columns }

// Records is how many rows were begun.
func (r *Reader) Records() int64 { return r.records }

// Place is the row group and the row in it, each from 1.
func (r *Reader) Place() (group int, row int64) { return r.group, r.row + 1 }

// Next goes to the next row; io.EOF means that there is none.
func (r *Reader) Next() error {
	r.row++
	for r.group == 0 || r.row >= r.rows {
		r.Close()
		if r.group == len(r.groups) {
			return io.EOF
		}
		r.rows, r.row = r.groups[r.group].NumRows(), 0
		r.group++
		if r.rows < 0 {
			return &FormatError{Reason: fmt.Sprintf("row group %d claims %d rows", r.group, r.rows)}
		}
	}
	r.records++
	return nil
}

// value is that of a column in the row at hand. It holds until the next call.
func (r *Reader) value(column int) (v parquet.Value, err error) {
	c := &r.columns[column]
	err = r.in.guard(r.group, c.Name, func() error {
		if r.cursors[column] == nil {
			chunk := &r.file.Metadata().RowGroups[r.group-1].Columns[c.leaf]
			if err := r.checkPages(chunk, r.rows); err != nil {
				return err
			}
			r.cursors[column] = &cursor{pages: r.groups[r.group-1].ColumnChunks()[c.leaf].Pages()}
		}
		v, err = r.cursors[column].seek(r.row)
		return err
	})
	return v, err
}

// Close lets go of the pages in memory. The file stays open.
func (r *Reader) Close() {
	for i, c := range r.cursors {
		if c != nil {
			c.close()
			r.cursors[i] = nil
		}
	}
}
