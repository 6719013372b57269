package parquetfile

import (
	"errors"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// Bounds of what the head of a page may claim: so much memory is taken before the page is read.
const (
	mostPage   = 1 << 30 // bytes, as of a record of CSV
	mostValues = 1 << 27
	leastHead  = 1 << 10
	mostHead   = 64 << 20 // it may hold the page's least and greatest value
)

// checkPages goes through the heads of a column's pages, so that no claim of theirs takes memory that the file does not account for.
func (r *Reader) checkPages(chunk *format.ColumnChunk, rows int64) error {
	m := &chunk.MetaData
	if m.NumValues != rows {
		return fmt.Errorf("it claims %d values for %d rows", m.NumValues, rows)
	}
	at := m.DataPageOffset
	if m.DictionaryPageOffset != 0 {
		at = m.DictionaryPageOffset
	}
	if at < 0 || m.TotalCompressedSize < 0 || at > r.size || m.TotalCompressedSize > r.size-at {
		return fmt.Errorf("its pages, of %d bytes from byte %d on, are not within the file of %d bytes", m.TotalCompressedSize, at, r.size)
	}
	for end, values := at+m.TotalCompressedSize, int64(0); at < end && values < rows; {
		head, size, err := r.pageHead(at, end)
		if err != nil {
			return fmt.Errorf("the page at byte %d: %w", at, err)
		}
		if at += size + int64(head.CompressedPageSize); at > end {
			return errors.New("its last page is cut off")
		}
		n, err := checkHead(head, rows-values)
		if err != nil {
			return fmt.Errorf("the page before byte %d %w", at, err)
		}
		values += n
	}
	return nil
}

// checkHead answers how many values a page has, of which so many are left to come.
func checkHead(h *format.PageHeader, left int64) (int64, error) {
	if h.CompressedPageSize < 0 || h.UncompressedPageSize < 0 || h.UncompressedPageSize > mostPage {
		return 0, fmt.Errorf("claims %d bytes, and %d are the most", h.UncompressedPageSize, mostPage)
	}
	n, most := int64(0), min(left, mostValues)
	switch h.Type {
	case format.DictionaryPage:
		n, most = int64(h.DictionaryPageHeader.V.NumValues), 8*int64(h.UncompressedPageSize) // a bit each is the least
	case format.DataPage:
		n = int64(h.DataPageHeader.V.NumValues)
	case format.DataPageV2:
		v2 := &h.DataPageHeaderV2.V
		n = int64(v2.NumValues)
		if levels := int64(v2.RepetitionLevelsByteLength) + int64(v2.DefinitionLevelsByteLength); v2.RepetitionLevelsByteLength < 0 || v2.DefinitionLevelsByteLength < 0 || levels > int64(h.CompressedPageSize) {
			return 0, fmt.Errorf("claims %d bytes of levels and has %d in all", levels, h.CompressedPageSize)
		}
	}
	if n < 0 || n > most {
		return 0, fmt.Errorf("claims %d values, and %d are the most", n, most)
	}
	if h.Type == format.DictionaryPage {
		n = 0
	}
	return n, nil
}

// pageHead reads the head of a page, and tells how long it is.
func (r *Reader) pageHead(at, end int64) (*format.PageHeader, int64, error) {
	var protocol thrift.CompactProtocol
	for size := int64(leastHead); ; size *= 8 {
		text := make([]byte, min(size, end-at))
		if _, err := r.in.ReadAt(text, at); err != nil && !errors.Is(err, io.EOF) {
			return nil, 0, err
		}
		from, head := protocol.NewReaderFromBytes(text), new(format.PageHeader)
		err := thrift.NewDecoder(from).Decode(head)
		if err == nil {
			return head, int64(from.BytesRead()), nil
		}
		if size >= min(end-at, mostHead) {
			return nil, 0, err
		}
	}
}
