package cdc

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
)

// tornNote says that changes behind the checkpoint are in the target already, because DDL that commits by itself came in the
// midst of a transaction of the source: how many of each table. The stream delivers them again in the same order, so that
// after a crash the first ones of each table are left out.
const tornNote = "torn"

// torn counts changes by the number of their table. What the target holds belongs to the goroutine that applies, what is to be
// left out to the one that reads, or to the other one while that waits.
type torn struct {
	// held is how many changes behind the checkpoint the target holds, as the note says; noted says that there is one.
	held  map[int]int
	noted bool
	// counted are the changes that have been delivered since the checkpoint.
	counted map[int]int
	// skip is how many are still to be left out.
	skip map[int]int
}

// readTorn reads the note of what the target holds.
func (p *pipe) readTorn(notes map[string]string) error {
	p.split = torn{held: map[int]int{}, counted: map[int]int{}, skip: map[int]int{}}
	text := notes[tornNote]
	if text == "" {
		return nil
	}
	var held []tornTable
	if err := json.Unmarshal([]byte(text), &held); err != nil {
		return fmt.Errorf("the target's awsdms_task_notes holds a note under %q that this version cannot read: %w", tornNote, err)
	}
	p.split.noted = true
	for _, h := range held {
		for number, t := range p.tables {
			if t.Source.Name == h.Table {
				p.split.held[number], p.split.skip[number] = h.Changes, h.Changes
			}
		}
	}
	return nil
}

type tornTable struct {
	Table   catalog.Name
	Changes int
}

// noteTorn writes down what the target holds behind the checkpoint.
func (p *pipe) noteTorn(ctx context.Context) error {
	var held []tornTable
	for number, n := range p.split.held {
		if t := p.tables[number]; t != nil && n > 0 {
			held = append(held, tornTable{t.Source.Name, n})
		}
	}
	if len(held) == 0 {
		if !p.split.noted {
			return nil
		}
		p.split.noted = false
		return p.note(ctx, tornNote, "")
	}
	text, err := json.Marshal(held)
	if err != nil {
		return fmt.Errorf("write down what is committed of a transaction: %w", err)
	}
	p.split.noted = true
	return p.note(ctx, tornNote, string(text))
}

// tear is told that what has been counted is to be committed without a position.
func (p *pipe) tear(ctx context.Context) error {
	for number, n := range p.split.counted {
		p.split.held[number] = max(p.split.held[number], n)
	}
	return p.noteTorn(ctx)
}

// pass is told that what has been counted is to be committed with its position.
func (p *pipe) pass(ctx context.Context) error {
	for number, n := range p.split.counted {
		p.split.held[number] = max(0, p.split.held[number]-n)
	}
	clear(p.split.counted)
	if !p.split.noted {
		return nil
	}
	return p.noteTorn(ctx)
}

// anew is told that a table is emptied, or another one from here on: all that follows is to be carried out.
func (p *pipe) anew(number int) {
	delete(p.split.held, number)
	delete(p.split.skip, number)
}

// count takes the changes of a group that were delivered, and leaves out those that the target holds.
func (p *pipe) count(g *change.Group, delivered []counted) []counted {
	for _, c := range g.Tables {
		n := c.Len()
		if n == 0 {
			continue
		}
		delivered = append(delivered, counted{c.Table, n})
		if skip := min(n, p.split.skip[c.Table]); skip > 0 {
			c.Keep(func(i int) bool { return i >= skip })
			p.split.skip[c.Table] -= skip
		}
	}
	return delivered
}

// counted is how many changes of a table a group held.
type counted struct{ number, changes int }
