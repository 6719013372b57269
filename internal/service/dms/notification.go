package dms

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Headers of a notification beside SNS's own.
const (
	// SignatureHeader carries t=SECONDS,v1=HEX: HMAC-SHA256 under the shared secret of the seconds, a period and the body.
	SignatureHeader = "X-Whimbrel-Signature"
)

// notification is what SNS posts to an https subscriber. It has no signature of SNS: that would need a certificate that
// subscribers fetch from Amazon. Ours is in a header.
type notification struct {
	Type      string
	MessageId string //nolint:revive // SNS's spelling
	TopicArn  string
	Subject   string
	Message   string
	Timestamp string
}

// message is what DMS writes into a notification.
type message struct {
	Source   string `json:"Event Source"`
	Time     string `json:"Event Time"`
	Link     string `json:"Identifier Link"`
	SourceID string `json:"SourceId"`
	ID       string `json:"Event ID,omitempty"`
	Message  string `json:"Event Message"`
}

// notificationOf makes the body of a delivery.
func (s *Service) notificationOf(topic string, d *Delivery) ([]byte, error) {
	e := &d.Event
	inner, err := json.Marshal(message{
		Source: e.SourceType, Time: e.At.UTC().Format("2006-01-02 15:04:05.000"), SourceID: e.Source, ID: e.id(), Message: e.Message,
		Link: "https://console.aws.amazon.com/dms/v2/home?region=" + s.Region,
	})
	if err != nil {
		return nil, fmt.Errorf("encode an event: %w", err)
	}
	return json.Marshal(notification{
		Type: "Notification", MessageId: d.MessageID, TopicArn: topic, Subject: "DMS Notification Message", Message: string(inner),
		Timestamp: e.At.UTC().Format("2006-01-02T15:04:05.000Z"),
	})
}

// Sign makes the value of SignatureHeader for a body that is sent at a moment.
func Sign(secret, body []byte, at time.Time) string {
	seconds := strconv.FormatInt(at.Unix(), 10)
	sum := hmac.New(sha256.New, secret)
	sum.Write([]byte(seconds + "."))
	sum.Write(body)
	return "t=" + seconds + ",v1=" + hex.EncodeToString(sum.Sum(nil))
}

// A refusedError is a subscriber's answer that is no success.
type refusedError struct{ status int }

func (e *refusedError) Error() string { return "the webhook answered " + strconv.Itoa(e.status) }

// post sends a delivery once.
func (s *Service) post(ctx context.Context, client *http.Client, topic, target string, d *Delivery) error {
	body, err := s.notificationOf(topic, d)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, target, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("make the request: %w", err)
	}
	for name, v := range map[string]string{
		"Content-Type": "text/plain; charset=UTF-8", "User-Agent": "Whimbrel", "X-Amz-Sns-Message-Type": "Notification", "X-Amz-Sns-Message-Id": d.MessageID,
		"X-Amz-Sns-Topic-Arn": topic, SignatureHeader: Sign(s.Notify.Secret, body, s.Now()),
	} {
		r.Header.Set(name, v)
	}
	answer, err := client.Do(r)
	if err != nil {
		var where *url.Error
		if errors.As(err, &where) {
			err = where.Err // without the address, whose query may be a secret
		}
		return fmt.Errorf("send: %w", err)
	}
	defer answer.Body.Close()
	_, _ = io.CopyN(io.Discard, answer.Body, 64<<10) // so that the connection can be used again
	if answer.StatusCode < 200 || answer.StatusCode > 299 {
		return &refusedError{answer.StatusCode}
	}
	return nil
}
