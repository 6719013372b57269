package postgres

import (
	"context"
	"encoding/binary"
	"slices"
)

// replay hands on a transaction that was kept while it was in progress.
type replay struct {
	progress *progress
	spool    *spool
	end      lsn // of the transaction
	arrived  uint64
	// newer are tables whose latest description came with other transactions, after the one that holds for this one's rows.
	newer map[uint32]tableDescription
}

// tableDescription is a table's description, with when it came.
type tableDescription struct {
	relationMessage
	arrived uint64
}

// give hands on one message, or the end.
func (r *replay) give(ctx context.Context) error {
	s := r.progress.stream
	if r.spool.lines > 0 {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		p, err := r.spool.next()
		if err != nil {
			return err
		}
		return s.message(ctx, r.plain(p), 0)
	}
	for id, d := range r.newer {
		delete(r.newer, id)
		r.arrived = d.arrived
		return s.described(ctx, d)
	}
	r.over()
	s.commit(r.end, s.sentNow())
	return nil
}

// plain is a message as it is outside of chunks.
func (r *replay) plain(p []byte) []byte {
	if p[0] != 'R' {
		return p
	}
	r.arrived = binary.BigEndian.Uint64(p[1:])
	p[8] = 'R'
	return p[8:]
}

func (r *replay) over() {
	r.spool.reset()
	r.progress.replay = nil
}

// arrival tells when a description came that is taken now.
func (g *progress) arrival() uint64 {
	if g.replay != nil {
		return g.replay.arrived
	}
	g.arrivals++
	return g.arrivals
}

// known reports whether a description says nothing new: the server describes tables once more in every transaction in progress, and after each
// part of it that was rolled back. One that came before another transaction's, which has been taken already, holds for the rows of its own alone: the
// server takes the later one as known.
func (g *progress) known(before, d *streamed) bool {
	r := g.replay
	if r == nil || before == nil {
		return false
	}
	latest, waits := r.newer[d.id]
	if !waits {
		latest = tableDescription{before.relationMessage, before.arrived}
	}
	same := slices.Equal(before.columns, d.columns) && before.identity == d.identity
	if d.arrived >= latest.arrived {
		delete(r.newer, d.id)
		return same && before.name == d.name && before.settled && !before.ignored && len(before.alias) == 0 && slices.Equal(before.numbers, d.numbers)
	}
	if same {
		return true
	}
	r.newer[d.id] = latest
	return false
}
