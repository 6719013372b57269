package mysql

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"

	"github.com/whimbreldb/whimbrel/internal/connector/mysql/binlog"
)

// payload reads the events of MySQL's compressed transactions one by one.
type payload struct {
	decoder *zstd.Decoder
	from    io.Reader // nil when no transaction is open
	buffer  []byte
}

func (p *payload) open() bool { return p.from != nil }

// begin begins the events of a transaction payload event, whose bytes must stay as they are until their end.
func (p *payload) begin(body []byte) error {
	data, err := binlog.Payload(body)
	if err != nil {
		return err
	}
	if !data.Compressed {
		p.from = bytes.NewReader(data.Bytes)
		return nil
	}
	if p.decoder == nil {
		if p.decoder, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1)); err != nil {
			return err
		}
	}
	if err := p.decoder.Reset(bytes.NewReader(data.Bytes)); err != nil {
		return err
	}
	p.from = p.decoder
	return nil
}

// next is the next event, which stands until the one after it. Behind the last is io.EOF.
func (p *payload) next() ([]byte, error) {
	if cap(p.buffer) < binlog.HeaderLength {
		p.buffer = make([]byte, 64<<10)
	}
	head := p.buffer[:binlog.HeaderLength]
	if _, err := io.ReadFull(p.from, head); err != nil {
		p.from = nil
		return nil, err
	}
	size, err := binlog.EventSize(head)
	if err != nil {
		return nil, err
	}
	if size > cap(p.buffer) {
		grown := make([]byte, size)
		copy(grown, head)
		p.buffer = grown
	}
	event := p.buffer[:size]
	if _, err := io.ReadFull(p.from, event[binlog.HeaderLength:]); err != nil {
		return nil, fmt.Errorf("%w: %w", binlog.ErrMalformed, err)
	}
	return event, nil
}

// each goes through the events of a transaction.
func (p *payload) each(body []byte, see func(binlog.Header, []byte)) error {
	if err := p.begin(body); err != nil {
		return err
	}
	for {
		event, err := p.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		h, inside, err := binlog.Parse(event, false)
		if err != nil {
			return err
		}
		see(h, inside)
	}
}

func (p *payload) close() {
	if p.decoder != nil {
		p.decoder.Close()
	}
	p.decoder, p.from = nil, nil
}
