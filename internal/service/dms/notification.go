package dms

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/whimbreldb/whimbrel/internal/notify"
)

// message is what DMS writes into a notification.
type message struct {
	Source   string `json:"Event Source"`
	Time     string `json:"Event Time"`
	Link     string `json:"Identifier Link"`
	SourceID string `json:"SourceId"`
	ID       string `json:"Event ID,omitempty"`
	Message  string `json:"Event Message"`
}

// notificationOf makes the notification of a delivery.
func (s *Service) notificationOf(topic string, d *Delivery) (*notify.Notification, error) {
	e := &d.Event
	inner, err := json.Marshal(message{
		Source: e.SourceType, Time: e.At.UTC().Format("2006-01-02 15:04:05.000"), SourceID: e.Source, ID: e.id(), Message: e.Message,
		Link: "https://console.aws.amazon.com/dms/v2/home?region=" + s.Region,
	})
	if err != nil {
		return nil, fmt.Errorf("encode an event: %w", err)
	}
	return &notify.Notification{ID: d.MessageID, Topic: topic, Subject: "DMS Notification Message", Message: string(inner), At: e.At}, nil
}

// post sends a delivery once.
func (s *Service) post(ctx context.Context, client *http.Client, topic string, d *Delivery) error {
	what, err := s.notificationOf(topic, d)
	if err != nil {
		return err
	}
	return s.Notify.Post(ctx, client, what, s.Now())
}
