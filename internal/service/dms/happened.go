package dms

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/whimbreldb/whimbrel/internal/store"
)

const (
	eventKeys  = Prefix + "event/"
	queueKeys  = Prefix + "deliver/" // + subscription + "/" + the event's own part of its key
	eventsKept = 14 * 24 * time.Hour
	mostEvents = 20_000
	mostQueued = 5_000 // of one subscription
)

// eventKey begins the keys of the events of a moment: they sort by time.
func eventKey(at time.Time) string { return eventKeys + fmt.Sprintf("%020d", at.UnixNano()) }

// A Delivery is an event on its way to a subscriber. It is written with the event, in its transaction, and goes when the
// subscriber has it: no crash loses one.
type Delivery struct {
	MessageID string
	Event     Event
	Attempts  int
	Next      time.Time // not before
}

// happened writes an event down in the transaction of what happened, and queues it for the subscriptions that ask for it.
// The source is the resource's identifier. A failure of the store fails the transaction, which keeps it in mind.
func (s *Service) happened(tx store.Tx, at time.Time, sourceType, source, kind, message string) {
	e := Event{At: at.UTC(), Source: source, SourceType: sourceType, Message: message}
	if kind != "" {
		e.Categories = []string{category(kind)}
	}
	var raw [4]byte
	_, _ = rand.Read(raw[:])                                           // never fails
	key := fmt.Sprintf("%s-%08x-%x", eventKey(at), s.told.Add(1), raw) // what one moment brings stays in its order
	if store.Write(tx, key, e) != nil {
		return // an Event has nothing that JSON cannot hold
	}
	page, err := tx.List(store.Range{Prefix: subs.keys()})
	if err != nil {
		return // the transaction fails with it
	}
	for _, item := range page.Items {
		var sub Subscription
		if item.Decode(&sub) == nil && sub.wants(&e) {
			_ = store.Write(tx, queueOf(sub.Name)+key[len(eventKeys):], Delivery{MessageID: uuid.NewString(), Event: e, Next: e.At})
		}
	}
}

func queueOf(subscription string) string { return queueKeys + subscription + "/" }

// wants reports that a subscription asks for an event.
func (sub *Subscription) wants(e *Event) bool {
	return sub.Enabled && (sub.SourceType == "" || sub.SourceType == e.SourceType) &&
		(len(sub.Sources) == 0 || slices.Contains(sub.Sources, e.Source)) &&
		(len(sub.Categories) == 0 || slices.ContainsFunc(e.Categories, func(c string) bool { return slices.Contains(sub.Categories, c) }))
}

// trimEvents forgets events that are older than two weeks, and the oldest of too many; deliveries of them too. It is
// called every minute.
func (s *Service) trimEvents(ctx context.Context, now time.Time) error {
	if err := s.trim(ctx, eventKeys, mostEvents, now); err != nil {
		return err
	}
	page, err := s.Store.List(ctx, store.Range{Prefix: subs.keys()})
	if err != nil {
		return fmt.Errorf("list the event subscriptions: %w", err)
	}
	for _, item := range page.Items {
		if err := s.trim(ctx, queueOf(item.Key[len(subs.keys()):]), mostQueued, now); err != nil {
			return err
		}
	}
	return s.dropOrphans(ctx)
}

// dropOrphans drops what waits for subscriptions that are no more: a crash may leave it behind.
func (s *Service) dropOrphans(ctx context.Context) error {
	for after := ""; ; {
		page, err := s.Store.List(ctx, store.Range{Prefix: queueKeys, After: after, Limit: 1})
		if err != nil {
			return fmt.Errorf("list what is to be delivered: %w", err)
		}
		if len(page.Items) == 0 {
			return nil
		}
		name, _, _ := strings.Cut(page.Items[0].Key[len(queueKeys):], "/")
		there, err := store.Exists(s.outside(ctx), subs.keys()+name)
		if err != nil {
			return err
		}
		if !there {
			if err := s.dropQueue(ctx, name); err != nil {
				return err
			}
		}
		after = queueOf(name) + "~" // behind all keys of the queue, which begin with digits
	}
}

// trimmed is how many keys one transaction deletes.
const trimmed = 500

// trim deletes the keys of moments that are too old, and the first of too many.
func (s *Service) trim(ctx context.Context, prefix string, most int, now time.Time) error {
	oldest := prefix + eventKey(now.Add(-eventsKept))[len(eventKeys):]
	for {
		page, err := s.Store.List(ctx, store.Range{Prefix: prefix})
		if err != nil {
			return fmt.Errorf("list %s: %w", prefix, err)
		}
		var gone []string
		for i, item := range page.Items {
			if item.Key < oldest || i < len(page.Items)-most {
				gone = append(gone, item.Key)
			}
		}
		if len(gone) == 0 {
			return nil
		}
		if _, err := s.Store.Update(ctx, func(tx store.Tx) error {
			for _, key := range gone[:min(len(gone), trimmed)] {
				tx.Delete(key)
			}
			return nil
		}); err != nil {
			return fmt.Errorf("trim %s: %w", prefix, err)
		}
	}
}
