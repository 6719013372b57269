package cloudwatch

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/whimbreldb/whimbrel/internal/notify"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// Bounds of a turn of deliveries, so that a webhook that does not answer holds up no other for long.
const (
	deliverEvery = 2 * time.Second
	deliverers   = 8   // topics at the same time
	deliveredRun = 50  // of one topic before the others have a turn
	dueAtOnce    = 200 // actions
)

// due is an action whose time has come.
type due struct {
	key string
	Action
}

// deliver sends what is due, the topics side by side, and reports whether more is.
func (s *Service) deliver(ctx context.Context) (more bool, err error) {
	topics, more, err := s.due(ctx)
	if err != nil {
		return false, err
	}
	client := s.Topics.HTTP()
	left := make(chan bool, len(topics))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(deliverers)
	for _, queue := range topics {
		group.Go(func() error {
			rest, err := s.deliverTopic(ctx, client, queue)
			left <- rest
			return err
		})
	}
	err = group.Wait()
	close(left)
	for rest := range left {
		more = more || rest
	}
	return more, err
}

// due lists the actions whose time has come, by topic and in the order of their times. Keys begin with the time of the next
// attempt: those that wait for a later one lie behind and are not read.
func (s *Service) due(ctx context.Context) (topics map[string][]due, more bool, err error) {
	topics = map[string][]due{}
	now := s.Now()
	for from := (store.Range{Prefix: actionKeys, Limit: dueAtOnce}); ; {
		page, err := s.Store.List(ctx, from)
		if err != nil {
			return nil, false, fmt.Errorf("list what alarms do: %w", err)
		}
		for _, item := range page.Items {
			if keyMoment(item.Key, actionKeys) > now.UnixNano() {
				return topics, more, nil
			}
			from.After = item.Key
			a := due{key: item.Key}
			if err := item.Decode(&a.Action); err != nil {
				return nil, false, err
			}
			if now.Before(a.Next) {
				continue // its key is of an earlier release: of the time when it happened
			}
			if len(topics[a.What.Topic]) == deliveredRun {
				more = true
				continue
			}
			topics[a.What.Topic] = append(topics[a.What.Topic], a)
		}
		if !page.More {
			return topics, more, nil
		}
	}
}

// keyMoment is the time that momentKey wrote into a key.
func keyMoment(key, prefix string) int64 {
	text, _, _ := strings.Cut(strings.TrimPrefix(key, prefix), "-")
	nanos, _ := strconv.ParseInt(text, 10, 64) // 0, long due, if it is none
	return nanos
}

// deliverTopic sends what is due to one topic, until its webhook does not take a notification or has taken long enough: the
// rest is for the next turn, so that the other topics do not wait for this one.
func (s *Service) deliverTopic(ctx context.Context, client *http.Client, queue []due) (more bool, err error) {
	began := time.Now()
	for i := range queue {
		a := &queue[i]
		problem := s.Topics.Post(ctx, client, &a.What, s.Now())
		if ctx.Err() != nil && problem != nil {
			return false, ctx.Err()
		}
		if err := s.delivered(ctx, a, problem); err != nil {
			return false, err
		}
		if problem != nil && !errors.Is(problem, notify.ErrNowhere) || time.Since(began) > notify.SendFor {
			return i+1 < len(queue), nil
		}
	}
	return false, nil
}

// delivered writes down how an attempt went, also when the server is about to stop.
func (s *Service) delivered(ctx context.Context, a *due, problem error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), notify.SendFor)
	defer cancel()
	now := s.Now().UTC()
	_, err := s.Store.Update(ctx, func(tx store.Tx) error {
		if there, err := store.Exists(tx, a.key); err != nil || !there {
			return err
		}
		tx.Delete(a.key)
		if problem != nil && !errors.Is(problem, notify.ErrNowhere) && now.Sub(a.What.At) < notify.TriedFor {
			again := a.Action
			again.Attempts++
			again.Next = now.Add(notify.After(again.Attempts))
			return store.Write(tx, actionKeys+momentKey(again.Next), &again)
		}
		if err := waited(tx, a.What.Topic); err != nil {
			return err
		}
		return noteAction(tx, now, a.Alarm, a.Type, a.What.Topic, problem)
	})
	if err != nil {
		return fmt.Errorf("note what alarm %s did: %w", a.Alarm, err)
	}
	if problem != nil {
		s.Log.Warn("an alarm's notification was not delivered", "alarm", a.Alarm, "topic", a.What.Topic, "error", problem)
	}
	return nil
}
