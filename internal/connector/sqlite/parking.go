package sqlite

import (
	"bufio"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/whimbreldb/whimbrel/internal/connector"
)

// parkingRoom is how many bytes of waiting rows are held in memory; beyond it they wait in a temporary file.
const parkingRoom = 1 << 20

// parking holds rejected rows that wait for the open load to end. Nothing of it need survive the process: a load that has
// not committed meets its rows again.
type parking struct {
	rows []connector.Parked
	size int
	file *os.File // nil until the room is used up
	out  *gob.Encoder
}

func (p *parking) empty() bool { return len(p.rows) == 0 && p.file == nil }

func (p *parking) add(rows []connector.Parked) error {
	for _, r := range rows {
		p.rows = append(p.rows, r)
		p.size += len(r.Statement) + len(r.Reason)
		if p.size < parkingRoom {
			continue
		}
		if err := p.spill(); err != nil {
			return connector.Temporary("hold rejected rows in a temporary file", err)
		}
	}
	return nil
}

func (p *parking) spill() error {
	if p.file == nil {
		f, err := os.CreateTemp("", "whimbrel-parked-")
		if err != nil {
			return err
		}
		_ = os.Remove(f.Name()) // the open file stays; systems that refuse this remove it in forget
		p.file, p.out = f, gob.NewEncoder(f)
	}
	for _, r := range p.rows {
		if err := p.out.Encode(r); err != nil {
			return err
		}
	}
	clear(p.rows)
	p.rows, p.size = p.rows[:0], 0
	return nil
}

// each hands out all rows in their order.
func (p *parking) each(f func(connector.Parked) error) error {
	if p.file != nil {
		if err := p.eachSpilled(f); err != nil {
			return err
		}
	}
	for _, r := range p.rows {
		if err := f(r); err != nil {
			return err
		}
	}
	return nil
}

func (p *parking) eachSpilled(f func(connector.Parked) error) error {
	in := gob.NewDecoder(bufio.NewReader(io.NewSectionReader(p.file, 0, 1<<62)))
	for {
		var r connector.Parked
		err := in.Decode(&r)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read rejected rows back: %w", err)
		}
		if err := f(r); err != nil {
			return err
		}
	}
}

// forget lets all rows go.
func (p *parking) forget() {
	clear(p.rows)
	p.rows, p.size, p.out = p.rows[:0], 0, nil
	if p.file != nil {
		_ = p.file.Close()
		_ = os.Remove(p.file.Name())
		p.file = nil
	}
}
