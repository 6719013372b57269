package postgres

import (
	"bytes"
	"context"
	"encoding/binary"
	"strconv"
)

const (
	// pipeFlush is from how many bytes on messages are sent before all of them are made: the server begins its work.
	pipeFlush = 256 << 10
	// pipeAnswers bounds the answers that may wait to be read, so that neither side waits for the other to read.
	pipeAnswers = 2000
)

// pipeline sends many messages of the extended and the simple protocol without waiting for their answers.
type pipeline struct {
	w   *wire
	out []byte
	// count is the number of commands whose answers are to come.
	count int
	// units are the answers to come, each ended by ReadyForQuery: whom its commands' row counts are for, -1 for nobody.
	units [][]int
	open  []int // the unit in the making: extended messages since the last Sync
	spare [][]int
}

// begin starts a message; end completes its length.
func (p *pipeline) begin(kind byte) int {
	p.out = append(p.out, kind, 0, 0, 0, 0)
	return len(p.out) - 4
}

func (p *pipeline) end(at int) { binary.BigEndian.PutUint32(p.out[at:], uint32(len(p.out)-at)) }

func (p *pipeline) text(s string) { p.out = append(append(p.out, s...), 0) }

// simple sends a statement by the simple protocol.
func (p *pipeline) simple(sql string, to int) {
	p.sync()
	at := p.begin('Q')
	p.text(sql)
	p.end(at)
	p.answer(to)
}

// control sends a statement without parameters along with those before and after it: the server answers when all are done.
func (p *pipeline) control(sql string) {
	p.parse("", sql, nil)
	p.execute(p.bind("", 0), -1)
}

// answer declares a unit of one command.
func (p *pipeline) answer(to int) {
	p.open = append(p.open, to)
	p.count++
	p.close()
}

func (p *pipeline) close() {
	p.units = append(p.units, p.open)
	p.open = nil
	if n := len(p.spare); n > 0 {
		p.open, p.spare = p.spare[n-1][:0], p.spare[:n-1]
	}
}

// parse prepares a statement under a name.
func (p *pipeline) parse(name, sql string, types []uint32) {
	at := p.begin('P')
	p.text(name)
	p.text(sql)
	p.out = binary.BigEndian.AppendUint16(p.out, uint16(len(types)))
	for _, t := range types {
		p.out = binary.BigEndian.AppendUint32(p.out, t)
	}
	p.end(at)
}

// forget closes a prepared statement; it is not an error when there is none.
func (p *pipeline) forget(name string) {
	at := p.begin('C')
	p.out = append(p.out, 'S')
	p.text(name)
	p.end(at)
}

// bind begins a Bind of n parameters, all binary; the caller appends each with its length and calls execute.
func (p *pipeline) bind(name string, n int) int {
	at := p.begin('B')
	p.out = append(p.out, 0) // the unnamed portal
	p.text(name)
	p.out = append(p.out, 0, 1, 0, 1)
	p.out = binary.BigEndian.AppendUint16(p.out, uint16(n))
	return at
}

// bindAs begins a Bind of the unnamed statement, whose parameters come in the forms of a stream's values.
func (p *pipeline) bindAs(kinds []byte) int {
	at := p.begin('B')
	p.out = append(p.out, 0, 0)
	p.out = binary.BigEndian.AppendUint16(p.out, uint16(len(kinds)))
	for _, kind := range kinds {
		form := byte(0)
		if kind == 'b' {
			form = 1
		}
		p.out = append(p.out, 0, form)
	}
	p.out = binary.BigEndian.AppendUint16(p.out, uint16(len(kinds)))
	return at
}

// execute completes the Bind that began at a place and runs it; its count is for set to.
func (p *pipeline) execute(at, to int) {
	p.out = append(p.out, 0, 0) // results as text: there are none
	p.end(at)
	p.out = append(p.out, 'E', 0, 0, 0, 9, 0, 0, 0, 0, 0)
	p.open = append(p.open, to)
	p.count++
}

// sync ends a unit of extended messages.
func (p *pipeline) sync() {
	if len(p.open) > 0 {
		p.out = append(p.out, 'S', 0, 0, 0, 4)
		p.close()
	}
}

// full reports whether answers must be read before more is asked.
func (p *pipeline) full() bool { return p.count >= pipeAnswers }

// flush sends the whole messages made so far.
func (p *pipeline) flush() error {
	if len(p.out) == 0 {
		return nil
	}
	_, err := p.w.Write(p.out)
	if cap(p.out) > 8*pipeFlush {
		p.out = nil
	}
	p.out = p.out[:0]
	if err != nil {
		p.w.broken.Store(true)
	}
	return err
}

// run sends the rest, reads all answers and adds the row counts. The first error of the server is returned after the last
// answer, with the set it is about, -1 when about none. The caller watches the context.
func (p *pipeline) run(ctx context.Context, affected []int64) (at int, failed error) {
	p.sync()
	if err := p.flush(); err != nil {
		if said := p.lastWords(ctx); said != nil {
			err = said
		}
		return -1, err
	}
	at = -1
	for _, u := range p.units {
		which, err := p.read(u, affected)
		if err != nil && p.w.broken.Load() {
			if failed == nil {
				failed = err
			}
			p.drop()
			return -1, failed
		}
		if err != nil && failed == nil {
			failed, at = err, which
		}
	}
	p.drop()
	return at, failed
}

// lastWords is what the server said before it hung up.
func (p *pipeline) lastWords(ctx context.Context) error {
	if ctx.Err() != nil {
		return nil
	}
	for _, u := range p.units {
		if _, err := p.read(u, nil); serverErrorIn(err) != nil {
			return err
		} else if err != nil {
			return nil
		}
	}
	return nil
}

// drop forgets what was expected.
func (p *pipeline) drop() {
	p.spare = append(p.spare, p.units...)
	p.units, p.count = p.units[:0], 0
}

// read takes the answers of a unit.
func (p *pipeline) read(unit []int, affected []int64) (at int, failed error) {
	done := 0
	at = -1
	for {
		kind, body, err := p.w.frame()
		if err != nil {
			if failed == nil {
				failed = err
			}
			return at, failed
		}
		switch kind {
		case 'C':
			if done < len(unit) {
				if to := unit[done]; to >= 0 && affected != nil {
					affected[to] += countOf(body)
				}
				done++
			}
		case 'I': // an empty query
			done++
		case 'E':
			if failed == nil {
				failed = serverError(body)
				if done < len(unit) {
					at = unit[done]
				}
			}
		case 'Z':
			return at, failed
		}
	}
}

// countOf reads the number at the end of a command tag: "INSERT 0 5", "UPDATE 5", "COPY 5".
func countOf(tag []byte) int64 {
	tag = bytes.TrimRight(tag, "\x00")
	n, err := strconv.ParseInt(string(tag[bytes.LastIndexByte(tag, ' ')+1:]), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// parameter appends a value of a Bind.
func (p *pipeline) parameter(value []byte) {
	p.out = binary.BigEndian.AppendUint32(p.out, uint32(len(value)))
	p.out = append(p.out, value...)
}
