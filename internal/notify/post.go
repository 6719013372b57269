package notify

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

// SignatureHeader carries t=SECONDS,v1=HEX: HMAC-SHA256 under the shared secret of the seconds, a period and the body.
const SignatureHeader = "X-Whimbrel-Signature"

// A Notification is what is sent.
type Notification struct {
	ID, Topic, Subject, Message string
	At                          time.Time
}

// body is what SNS posts to an https subscriber. It has no signature of SNS: that would need a certificate that subscribers
// fetch from Amazon. Ours is in a header.
type body struct {
	Type      string
	MessageId string //nolint:revive // SNS's spelling
	TopicArn  string
	Subject   string
	Message   string
	Timestamp string
}

// Sign makes the value of SignatureHeader for a body that is sent at a moment.
func Sign(secret, body []byte, at time.Time) string {
	seconds := strconv.FormatInt(at.Unix(), 10)
	sum := hmac.New(sha256.New, secret)
	sum.Write([]byte(seconds + "."))
	sum.Write(body)
	return "t=" + seconds + ",v1=" + hex.EncodeToString(sum.Sum(nil))
}

// A RefusedError is a subscriber's answer that is no success.
type RefusedError struct{ Status int }

func (e *RefusedError) Error() string { return "the webhook answered " + strconv.Itoa(e.Status) }

// ErrNowhere says that a topic stands for no webhook.
var ErrNowhere = errors.New("the server knows no address for the topic any more")

// Post sends a notification once.
func (n *Topics) Post(ctx context.Context, client *http.Client, what *Notification, now time.Time) error {
	target, known := n.Topics[what.Topic]
	if !known {
		return ErrNowhere
	}
	raw, err := json.Marshal(body{
		Type: "Notification", MessageId: what.ID, TopicArn: what.Topic, Subject: what.Subject, Message: what.Message,
		Timestamp: what.At.UTC().Format("2006-01-02T15:04:05.000Z"),
	})
	if err != nil {
		return fmt.Errorf("encode a notification: %w", err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, target, bytes.NewReader(raw))
	if err != nil {
		return fmt.Errorf("make the request: %w", err)
	}
	for name, v := range map[string]string{
		"Content-Type": "text/plain; charset=UTF-8", "User-Agent": "Whimbrel", "X-Amz-Sns-Message-Type": "Notification", "X-Amz-Sns-Message-Id": what.ID,
		"X-Amz-Sns-Topic-Arn": what.Topic, SignatureHeader: Sign(n.Secret, raw, now),
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
		return &RefusedError{answer.StatusCode}
	}
	return nil
}
