package postgres

import (
	"context"
	"encoding/binary"
	"fmt"
	"sync"
	"time"

	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/rescue"
)

// keeper keeps a stream's connection alive and the slot informed, also while the stream's user is busy, and looks after
// the slot's health. Its goroutine ends with stop.
type keeper struct {
	stopped chan struct{}
	done    sync.WaitGroup
	fault   rescue.Fault // ends the stream
	mu      struct {
		sync.Mutex
		w               *wire
		received, acked lsn
		last            lsn // end of the last transaction that was delivered
		told            lsn // the acked that the server was told last
		status          connector.StreamStatus
	}
}

const (
	keepEvery   = time.Second
	healthEvery = 5 * time.Second
	// statusEvery is how often the server hears of us when there is nothing new: its wal_sender_timeout is 60 s unless set.
	statusEvery = 5 * time.Second
)

func (k *keeper) start(s *stream, position lsn) {
	k.mu.Lock()
	k.mu.w, k.mu.received, k.mu.acked = s.w, position, position
	k.mu.status.Retained = -1
	k.mu.Unlock()
	k.stopped = make(chan struct{})
	ctx, cancel := context.WithCancel(context.Background())
	k.done.Go(k.fault.Guard(func() {
		defer cancel()
		k.run()
	}))
	k.done.Go(k.fault.Guard(func() { k.watchSlot(ctx, s) }))
}

func (k *keeper) stop() {
	if k.stopped != nil {
		k.mu.Lock()
		select {
		case <-k.stopped:
		default:
			close(k.stopped)
		}
		k.mu.Unlock()
		k.done.Wait()
	}
}

func (k *keeper) run() {
	tick := time.NewTicker(keepEvery)
	defer tick.Stop()
	last := time.Now()
	for {
		select {
		case <-k.stopped:
			k.leave()
			return
		case <-tick.C:
		}
		if k.tell(time.Since(last) >= statusEvery) {
			last = time.Now()
		}
	}
}

// tell sends what the server does not know yet, or what it knows once more. A broken connection is noticed by who reads it.
func (k *keeper) tell(anyway bool) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.mu.acked <= k.mu.told && !anyway {
		return false
	}
	_ = k.send(false)
	return true
}

// leave tells the slot what is durable, and no more: the last checkpoint is where another task may want to go on, which a slot that has
// gone past it would refuse.
func (k *keeper) leave() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.mu.acked > k.mu.told {
		_ = k.sendUpTo(k.mu.acked, false)
	}
}

// send tells the server what has been received and what is durable. The caller holds the lock.
func (k *keeper) send(ask bool) error {
	flushed := k.mu.acked
	if flushed >= k.mu.last { // what came after does not concern us; a server that stops waits to hear so
		flushed = max(flushed, k.mu.received)
	}
	return k.sendUpTo(flushed, ask)
}

func (k *keeper) sendUpTo(flushed lsn, ask bool) error {
	var m [39]byte
	m[0] = 'd'
	binary.BigEndian.PutUint32(m[1:], 38)
	m[5] = 'r'
	binary.BigEndian.PutUint64(m[6:], uint64(k.mu.received))
	binary.BigEndian.PutUint64(m[14:], uint64(flushed))
	binary.BigEndian.PutUint64(m[22:], uint64(flushed))
	binary.BigEndian.PutUint64(m[30:], uint64(time.Now().UnixMicro()-pgEpoch))
	m[38] = b2b(ask)
	if _, err := k.mu.w.Write(m[:]); err != nil {
		return err
	}
	k.mu.told = k.mu.acked
	return nil
}

// durable is up to where everything is durable in the target.
func (k *keeper) durable() lsn {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.mu.acked
}

// ask has the server say something.
func (k *keeper) ask() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.send(true)
}

func (k *keeper) reply() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.send(false)
}

func (k *keeper) receive(to lsn) {
	k.mu.Lock()
	k.mu.received = max(k.mu.received, to)
	k.mu.Unlock()
}

// read notes the end of a transaction; ours says that it has changes of tables that are followed.
func (k *keeper) read(to lsn, at time.Time, ours bool) {
	k.mu.Lock()
	k.mu.received = max(k.mu.received, to)
	k.mu.status.Read = at
	if ours {
		k.mu.last = to
	}
	k.mu.Unlock()
}

func (k *keeper) quiet(is bool) {
	k.mu.Lock()
	k.mu.status.Quiet = is
	k.mu.Unlock()
}

func (k *keeper) acknowledge(to lsn) {
	k.mu.Lock()
	k.mu.acked = max(k.mu.acked, min(to, k.mu.received))
	k.mu.Unlock()
}

func (k *keeper) status() connector.StreamStatus {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.mu.status
}

// watchSlot looks at the slot now and then.
func (k *keeper) watchSlot(ctx context.Context, s *stream) {
	tick := time.NewTicker(healthEvery)
	defer tick.Stop()
	beats := heartbeat{s: s.src}
	for settled := time.Now(); ; {
		var found *slot
		err := s.side.do(ctx, func(w *wire) (err error) {
			beats.beat(ctx, w)
			if time.Since(settled) >= settleEvery {
				settled = time.Now()
				s.settleKeys(ctx, w)
			}
			found, err = readSlot(ctx, w, s.slot)
			return err
		})
		if err == nil && found != nil {
			warning := found.warning(s.slot)
			k.mu.Lock()
			k.mu.status.Retained, k.mu.status.Warning = found.retained, warning
			k.mu.Unlock()
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// manyBytes is from how much a slot that may keep without bound is worth a word.
const manyBytes = 16 << 30

// warning says what a person should know of a slot.
func (s *slot) warning(name string) string {
	switch {
	case s.status == "lost":
		return fmt.Sprintf("replication slot %s has lost the log it needs: the migration must load anew", name)
	case s.status == "unreserved":
		return fmt.Sprintf("replication slot %s is about to lose the log it needs at the next checkpoint: raise max_slot_wal_keep_size", name)
	case s.safe >= 0 && s.safe < s.retained/4:
		return fmt.Sprintf("replication slot %s keeps %d MB of log and loses it after %d MB more: raise max_slot_wal_keep_size", name, s.retained>>20, s.safe>>20)
	case s.safe < 0 && s.retained > manyBytes:
		return fmt.Sprintf("replication slot %s keeps %d GB of log on the source's disk, without bound (max_slot_wal_keep_size is -1)", name, s.retained>>30)
	}
	return ""
}
