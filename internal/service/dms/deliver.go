package dms

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/whimbreldb/whimbrel/internal/notify"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// How deliveries go on, side by side and one server's alone.
const (
	deliverers   = 8  // subscriptions at the same time
	deliveredRun = 50 // of one subscription before the others have a turn
	deliverEvery = 2 * time.Second
	holdsFor     = 15 * time.Second // the lease of the server that delivers
)

const delivererKey = Prefix + "deliverer"

// deliverEvents delivers events to the subscribers until the context ends. Of servers that share a state one does; when it
// falls another takes over. An event is delivered at least once: after a crash between a delivery and its note it comes
// again with the same MessageId.
func (s *Service) deliverEvents(ctx context.Context) error {
	for ctx.Err() == nil {
		if err := s.deliverWhileHeld(ctx); err != nil && ctx.Err() == nil {
			s.Log.Error("events are not delivered", "error", err)
		}
		wait(ctx, deliverEvery)
	}
	return nil
}

func wait(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// deliverWhileHeld makes this server the one that delivers, if no other is, and delivers until it no longer is.
func (s *Service) deliverWhileHeld(ctx context.Context) error {
	if taken, err := store.Exists(s.outside(ctx), delivererKey); taken && !s.Alone || err != nil {
		return err
	}
	lease, err := s.Store.Lease(ctx, holdsFor)
	if err != nil {
		return fmt.Errorf("lease: %w", err)
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), deliverEvery)
		defer cancel()
		_ = lease.Release(ctx) // it ends by itself otherwise
	}()
	ours := false
	if _, err := s.Store.Update(ctx, func(tx store.Tx) error {
		taken, err := store.Exists(tx, delivererKey)
		if ours = (!taken || s.Alone) && err == nil; ours {
			tx.PutLease(delivererKey, nil, lease)
		}
		return err
	}); err != nil || !ours {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-lease.Done():
			cancel()
		case <-ctx.Done():
		}
	}()
	for ctx.Err() == nil {
		more, err := s.deliverDue(ctx)
		if err != nil {
			return err
		}
		if !more {
			wait(ctx, deliverEvery)
		}
	}
	return nil
}

// deliverDue delivers what is due to every subscription, and reports whether more is.
func (s *Service) deliverDue(ctx context.Context) (more bool, err error) {
	page, err := s.Store.List(ctx, store.Range{Prefix: subs.keys()})
	if err != nil {
		return false, fmt.Errorf("list the event subscriptions: %w", err)
	}
	client := s.Notify.HTTP()
	results := make(chan bool, len(page.Items))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(deliverers)
	for _, item := range page.Items {
		var sub Subscription
		if err := item.Decode(&sub); err != nil {
			return false, err
		}
		group.Go(func() error {
			m, err := s.deliverQueue(ctx, client, &sub)
			results <- m
			return err
		})
	}
	err = group.Wait()
	close(results)
	for m := range results {
		more = more || m
	}
	return more, err
}

// deliverQueue delivers what waits for one subscription, in order: while one event cannot be delivered, those behind it
// wait.
func (s *Service) deliverQueue(ctx context.Context, client *http.Client, sub *Subscription) (more bool, err error) {
	queue, err := s.Store.List(ctx, store.Range{Prefix: queueOf(sub.Name), Limit: deliveredRun})
	if err != nil {
		return false, fmt.Errorf("list what waits for subscription %s: %w", sub.Name, err)
	}
	for _, item := range queue.Items {
		var d Delivery
		if err := item.Decode(&d); err != nil {
			return false, err
		}
		if s.Now().Before(d.Next) {
			return false, nil
		}
		status, sent := s.attempt(ctx, client, sub, &d)
		if ctx.Err() != nil && !sent {
			return false, ctx.Err()
		}
		if given, err := s.noteAttempt(ctx, item.Key, &d, sub, status, sent); err != nil || !sent && !given {
			return false, err
		}
	}
	return queue.More, nil
}

// attempt sends an event once, and answers the status that the subscription has got into.
func (s *Service) attempt(ctx context.Context, client *http.Client, sub *Subscription, d *Delivery) (status string, sent bool) {
	err := s.post(ctx, client, sub.Topic, d)
	if err == nil {
		return subscriptionActive, true
	}
	if ctx.Err() != nil {
		return sub.Status, false
	}
	s.Log.Warn("an event was not delivered", "subscription", sub.Name, "topic", sub.Topic, "attempts", d.Attempts+1, "error", err)
	var refused *notify.RefusedError
	errors.As(err, &refused)
	switch {
	case errors.Is(err, notify.ErrNowhere), refused != nil && (refused.Status == http.StatusNotFound || refused.Status == http.StatusGone):
		return subscriptionNowhere, false
	case refused != nil && (refused.Status == http.StatusUnauthorized || refused.Status == http.StatusForbidden):
		return subscriptionDenied, false
	}
	return sub.Status, false
}

// noteAttempt writes down how an attempt went: what was sent goes, the rest waits for its next time, and what could not be
// sent for a day is given up. It is written down even if the server is about to stop.
func (s *Service) noteAttempt(ctx context.Context, key string, d *Delivery, sub *Subscription, status string, sent bool) (given bool, err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), notify.SendFor)
	defer cancel()
	now := s.Now().UTC()
	if !sent {
		d.Attempts++
		d.Next = now.Add(notify.After(d.Attempts))
	}
	given = !sent && now.Sub(d.Event.At) > notify.TriedFor
	if given {
		s.Log.Error("an event is given up: it could not be delivered for a day", "subscription", sub.Name, "topic", sub.Topic, "event", d.Event.Message, "attempts", d.Attempts)
	}
	_, err = s.Store.Update(ctx, func(tx store.Tx) error {
		there, err := store.Exists(tx, key)
		if err != nil {
			return err
		}
		switch {
		case sent || given:
			tx.Delete(key)
		case there:
			if err := store.Write(tx, key, d); err != nil {
				return err
			}
		}
		have, err := lookup[Subscription](tx, subs, sub.Name)
		if isFault(err) {
			return nil // it was deleted meanwhile
		}
		if err != nil || have.Status == status || have.Topic != sub.Topic {
			return err
		}
		have.Status = status
		return store.Write(tx, subs.keys()+sub.Name, have)
	})
	if err != nil {
		return given, fmt.Errorf("note a delivery to subscription %s: %w", sub.Name, err)
	}
	sub.Status = status
	return given, nil
}
