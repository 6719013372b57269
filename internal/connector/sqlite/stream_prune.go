package sqlite

import (
	"cmp"
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/whimbreldb/whimbrel/internal/rescue"
)

// pruner deletes the rows of the log that all runs have acknowledged, in transactions of a few milliseconds with pauses
// between them, so that it takes little of the time in which the application could write.
type pruner struct {
	source *source
	run    string
	wanted atomic.Int64 // acknowledged
	gone   atomic.Int64 // deleted up to here
	wake   chan struct{}
	quit   chan struct{}
	ended  chan struct{}
	fault  rescue.Fault // ends the stream: a log that nobody shortens fills the source's disk

	mu struct {
		sync.Mutex
		why    string
		others string // of migrations that hold the log
	}
}

const (
	pruneShare    = 10                    // of ten parts of the time at most one is spent deleting
	prunePause    = 20 * time.Millisecond // at least
	pruneTime     = 3 * time.Millisecond  // that a transaction should take
	prunePatience = 10 * time.Millisecond // to wait for the application's lock
	leastPruned   = 64
	mostPruned    = 16384
)

func newPruner(s *source, run string) *pruner {
	p := &pruner{source: s, run: run, wake: make(chan struct{}, 1), quit: make(chan struct{}), ended: make(chan struct{})}
	go p.fault.Guard(p.work)()
	return p
}

func (p *pruner) stop() {
	close(p.quit)
	<-p.ended
}

func (p *pruner) acknowledge(seq int64) {
	for {
		old := p.wanted.Load()
		if seq <= old {
			return
		}
		if p.wanted.CompareAndSwap(old, seq) {
			break
		}
	}
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

func (p *pruner) done() int64 { return p.gone.Load() }

func (p *pruner) warning() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return cmp.Or(p.mu.why, p.mu.others)
}

// heldRows is from how many changes on it is worth a word that another migration keeps them in the log.
const heldRows = 100_000

// tellHeld notes which other migration keeps how much in the log.
func (p *pruner) tellHeld(c *conn, last int64) error {
	others := ""
	err := c.query("SELECT run, min(acknowledged) FROM awsdms_cdc_runs WHERE run <> ? GROUP BY run ORDER BY 2 LIMIT 1", func(s *stmt) error {
		if held := last - s.int(1); held >= heldRows {
			others = fmt.Sprintf("the change log of %s holds %d changes for another migration (run %s): follow it, or end it with `whimbrel release`",
				p.source.at.path, held, s.text(0))
		}
		return nil
	}, p.run)
	p.mu.Lock()
	p.mu.others = others
	p.mu.Unlock()
	return err
}

func (p *pruner) work() {
	defer close(p.ended)
	var c *conn
	defer func() {
		if c != nil {
			_ = c.close()
		}
	}()
	batch := int64(leastPruned)
	for {
		select {
		case <-p.quit:
			return
		case <-p.wake:
		}
		for more := true; more; {
			var err error
			if c == nil {
				if c, err = p.connect(); err != nil {
					p.note(err)
					c = nil
				}
			}
			begun := time.Now()
			if c != nil {
				more, err = p.prune(c, batch)
				p.note(err)
			}
			took := time.Since(begun)
			switch {
			case took > 2*pruneTime:
				batch = max(batch/2, leastPruned)
			case took < pruneTime && err == nil:
				batch = min(batch*2, mostPruned)
			}
			select {
			case <-p.quit:
				return
			case <-time.After(max(prunePause, pruneShare*took)):
			}
		}
	}
}

func (p *pruner) connect() (*conn, error) {
	c, err := p.source.connectWriting()
	if err != nil {
		return nil, err
	}
	if mode, err := c.word("PRAGMA journal_mode"); err == nil && mode == "wal" {
		// What is undone by a loss of power is done again.
		err = c.exec("PRAGMA synchronous=NORMAL")
		if err != nil {
			_ = c.close()
			return nil, err
		}
	}
	return c, nil
}

// note keeps for people what stands in the way. Being busy passes.
func (p *pruner) note(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case err == nil:
		p.mu.why = ""
	case !isBusy(err):
		p.mu.why = fmt.Sprintf("the change log cannot be shortened: %v", err)
	}
}

// prune deletes up to a number of rows, and reports whether there is more to do. The last row always stays.
func (p *pruner) prune(c *conn, batch int64) (more bool, err error) {
	wanted := p.wanted.Load()
	more = true
	err = transactEagerly(context.Background(), c, prunePatience, func() error {
		if err := c.run("UPDATE awsdms_cdc_runs SET acknowledged = ?2 WHERE run = ?1 AND acknowledged < ?2", p.run, wanted); err != nil {
			return err
		}
		first, err := c.number("SELECT min(seq) FROM awsdms_changes")
		if err != nil {
			return err
		}
		last, err := lastChange(c)
		if err != nil {
			return err
		}
		free, err := c.number("SELECT min(acknowledged) FROM awsdms_cdc_runs")
		if err != nil {
			return err
		}
		if err := p.tellHeld(c, last); err != nil {
			return err
		}
		upTo := min(free, last-1, first+batch-1)
		p.gone.Store(max(min(upTo, last-1), first-1))
		more = upTo < min(free, last-1)
		if upTo < first {
			return nil
		}
		return c.run("DELETE FROM awsdms_changes WHERE seq <= ?", upTo)
	})
	if err != nil && isNoTable(err) {
		return false, err
	}
	return more || err != nil, err
}
