package dms

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/whimbreldb/whimbrel/internal/instance"
	"github.com/whimbreldb/whimbrel/internal/progress"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// What is left to an instance on its disk (Instance.Room).
const (
	roomEnough = ""
	roomLow    = "low"
	roomFull   = "full"
)

// Below these, or the share of a disk that is smaller, room is low and a disk is full. What is called full leaves enough to say so: a store on
// the same disk sets aside 64 MB at a time.
const (
	lowRoom, lowShare   = int64(1 << 30), 10
	fullRoom, fullShare = int64(128 << 20), 50
)

// roomOf judges the room that is left. What was short of it before has enough once there is twice as much as it fell short of, so that it does
// not change with every file.
func roomOf(r instance.Room, before string) string {
	full, low := min(fullRoom, r.Whole/fullShare), min(lowRoom, r.Whole/lowShare)
	if before == roomFull {
		full *= 2
	}
	if before != roomEnough {
		low *= 2
	}
	switch {
	case r.Free < full:
		return roomFull
	case r.Free < low:
		return roomLow
	}
	return roomEnough
}

// shortest judges the disks of an instance by the one that has the least for it.
func shortest(all []instance.Room, before string) (now string, of instance.Room) {
	rank := []string{roomEnough, roomLow, roomFull}
	for i, r := range all {
		if judged := roomOf(r, before); i == 0 || slices.Index(rank, judged) > slices.Index(rank, now) {
			now, of = judged, r
		}
	}
	return now, of
}

// watchRoom looks again and again at what is left to each instance on its disks.
func (c *controller) watchRoom(ctx context.Context) {
	turn := time.NewTicker(c.times.room)
	defer turn.Stop()
	for {
		c.mu.Lock()
		all := make([]*Instance, 0, len(c.mu.instances))
		for _, i := range c.mu.instances {
			all = append(all, i)
		}
		c.mu.Unlock()
		for _, i := range all {
			if err := c.room(ctx, i); err != nil && ctx.Err() == nil {
				c.Log.Warn("the room that is left to a replication instance was not written down", "instance", i.ID, "error", err)
			}
		}
		select {
		case <-turn.C:
		case <-ctx.Done():
			return
		}
	}
}

// room notes what is left to an instance, and tells of a change. It is judged by the disk: AllocatedStorage is what was asked for and bounds nothing.
func (c *controller) room(ctx context.Context, i *Instance) error {
	if i.Status != instanceAvailable {
		return nil
	}
	all, err := c.Host.Rooms(i.ID)
	if err != nil {
		return err
	}
	now, left := shortest(all, i.Room)
	if now == i.Room {
		return nil
	}
	c.Log.Warn("the room that is left to a replication instance has changed", "instance", i.ID, "free", left.Free, "whole", left.Whole, "temporary", left.Temporary)
	return c.rewrite(ctx, i, func(tx store.Tx, of *Instance) {
		now, left := shortest(all, of.Room)
		if now == of.Room { // told already: what is known here follows the store a moment later
			return
		}
		of.Room = now
		c.happened(tx, c.Now(), sourceInstance, of.Name, categoryLowStorage, roomMessage(now, left))
	})
}

// placeOf says which disk it is, and how there comes to be room.
func placeOf(r instance.Room) (place, mend string) {
	if r.Temporary {
		return "the server's disk for temporary files, which hold large transactions and rows that wait (TMPDIR)", "Make room there, or start the server with TMPDIR set to a folder on a larger disk; AllocatedStorage adds none."
	}
	return "the server's disk that its directory lies on (instances/ below the data directory)", "Make room there, or move the data directory to a larger disk; AllocatedStorage adds none."
}

// roomMessage is what the event says, with the mend.
func roomMessage(now string, left instance.Room) string {
	place, mend := placeOf(left)
	of := fmt.Sprintf("%s of %s are left on %s", progress.Size(float64(left.Free)), progress.Size(float64(left.Whole)), place)
	switch now {
	case roomFull:
		return "Replication instance storage is full: " + of + ". Tasks that follow changes go on as long as they can, and one that is to begin waits. " + mend + " They go on by themselves then."
	case roomLow:
		return "Free storage for the replication instance is low: " + of + ". " + mend
	}
	return "Replication instance has room again: " + of + "."
}

// awaitsRoom has a task that could not be begun say what it waits for. It is tried again soon, however long it has waited.
func (c *controller) awaitsRoom(ctx context.Context, t *Task, refused error) error {
	c.mu.Lock()
	c.note(t.ID).noRoom = true
	c.mu.Unlock()
	c.work.addAfter(tasks.arn+"/"+t.ID, c.times.room)
	place, mend := placeOf(instance.Room{})
	why := "The task waits to begin: nothing more can be written to " + place + ", no space is left. " + mend + " The task begins by itself then."
	if t.Failure == why {
		return nil
	}
	c.Log.Warn("a task waits for room on a disk", "task", t.ID, "error", refused)
	return c.change(ctx, t, func(_ store.Tx, now *Task) { now.Failure = why })
}
