package notify

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"time"
)

// Topics say where notifications go: topics are names for webhooks.
type Topics struct {
	Topics map[string]string // https addresses by the topics' ARNs
	Secret []byte            // signs what is sent
	Client *http.Client      // nil: one that trusts the system's authorities
}

// shortestSecret is what a secret must have at least, in bytes.
const shortestSecret = 16

var topicForm = regexp.MustCompile(`^arn:aws(-[a-z]+)*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_.-]{1,256}$`)

// IsTopic reports that a text is the ARN of a topic.
func IsTopic(arn string) bool { return topicForm.MatchString(arn) }

// Check says what cannot be.
func (n *Topics) Check() error {
	if len(n.Topics) == 0 {
		return nil
	}
	for arn, target := range n.Topics {
		if !IsTopic(arn) {
			return fmt.Errorf("topic %q is no ARN of a topic; arn:aws:sns:eu-central-1:123456789012:dms-events would be", arn)
		}
		u, err := url.Parse(target)
		if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil {
			return fmt.Errorf("the address of topic %s is not an https URL without a user", arn)
		}
	}
	if len(n.Secret) < shortestSecret {
		return errors.New("event webhooks need a secret of 16 bytes or more, which signs what is sent: set WHIMBREL_EVENT_SECRET or give --event-secret-file")
	}
	return nil
}

// SendFor is how long one request to a webhook may take.
const SendFor = 15 * time.Second

// TriedFor is how long a notification that cannot be delivered is tried again, before it is given up.
const TriedFor = 24 * time.Hour

// The pauses between the tries.
const (
	firstPause   = 2 * time.Second
	longestPause = 10 * time.Minute
)

// After is how long a notification waits that could not be delivered so many times.
func After(attempts int) time.Duration {
	return min(firstPause<<min(max(attempts-1, 0), 20), longestPause)
}

// HTTP makes the client that sends: it follows no redirect, which would carry notifications elsewhere.
func (n *Topics) HTTP() *http.Client {
	c := &http.Client{}
	if n.Client != nil {
		*c = *n.Client
	}
	c.Timeout = SendFor
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return c
}
