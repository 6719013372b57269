package cdc

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/whimbreldb/whimbrel/internal/change"
)

// numberNote is the key under which a run keeps the number of its last change, and the time in it: they go on from there, so that no
// number is given twice, and later changes have greater ones.
const numberNote = "number"

// numbered is how far changes have been numbered.
type numbered struct {
	count int64
	time  int64 // Unix nanoseconds; never less than before, whatever the clock of the source says
}

// numbering numbers the changes of a group for $AR_H_CHANGE_SEQ: 16 digits of the time of commit and 19 of a counter, as DMS has them.
type numbering struct {
	before numbered
	after  numbered
	times  []int64 // of the transactions
}

// number makes the numbering of the next group, nil when none of its tables asks for one; the goroutine that reads calls it.
func (p *pipe) number(g *change.Group) *numbering {
	if !slices.ContainsFunc(g.Tables, func(c *change.Changes) bool {
		t := p.tables[c.Table]
		return t != nil && t.numbers
	}) {
		return nil
	}
	n := &numbering{before: p.last}
	at := n.before.time
	for transaction := range len(g.Ends) + 1 {
		if transaction < len(g.Ends) || g.Open {
			at = max(at, g.CommitTime(transaction).UnixNano())
		}
		n.times = append(n.times, at)
	}
	n.after = numbered{n.before.count + int64(g.Len()), at}
	p.last = n.after
	return n
}

// of is the number of a change.
func (n *numbering) of(seq int32, transaction int) string {
	at := time.Unix(0, n.times[transaction]).UTC()
	return fmt.Sprintf("%s%02d%019d", at.Format("20060102150405"), at.Nanosecond()/1e7, n.before.count+int64(seq)+1)
}

func (p *pipe) readNumber(notes map[string]string) error {
	text := notes[numberNote]
	if text == "" {
		return nil
	}
	if _, err := fmt.Sscan(text, &p.last.count, &p.last.time); err != nil {
		return fmt.Errorf("the target's awsdms_task_notes holds a note under %q that this version cannot read: %w", numberNote, err)
	}
	p.written = p.last
	p.numbered = p.last
	return nil
}

func noteText(n numbered) string { return fmt.Sprint(n.count, " ", n.time) }

// noteNumber keeps the number of the last change that is in the open transaction.
func (p *pipe) noteNumber(ctx context.Context) error {
	if p.written == p.numbered {
		return nil
	}
	if err := p.note(ctx, numberNote, noteText(p.written)); err != nil {
		return err
	}
	p.numbered = p.written
	return nil
}
