package dms

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"time"
)

// Notify says where the events of subscriptions go: topics are names for webhooks.
type Notify struct {
	Topics map[string]string // https addresses by the topics' ARNs
	Secret []byte            // signs what is sent
	Client *http.Client      // nil: one that trusts the system's authorities
}

// shortestSecret is what a secret must have at least, in bytes.
const shortestSecret = 16

var topicForm = regexp.MustCompile(`^arn:aws(-[a-z]+)*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_.-]{1,256}$`)

func (n *Notify) check() error {
	if len(n.Topics) == 0 {
		return nil
	}
	for arn, target := range n.Topics {
		if !topicForm.MatchString(arn) {
			return fmt.Errorf("topic %q is no ARN of a topic; arn:aws:sns:eu-central-1:123456789012:dms-events would be", arn)
		}
		u, err := url.Parse(target)
		if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil {
			return fmt.Errorf("the address of topic %s is not an https URL without a user", arn)
		}
	}
	if len(n.Secret) < shortestSecret {
		return errors.New("event webhooks need a secret of 16 bytes or more, which signs what is sent")
	}
	return nil
}

// sendFor is how long one request to a webhook may take.
const sendFor = 15 * time.Second

// client sends notifications: it follows no redirect, which would carry them elsewhere.
func (n *Notify) client() *http.Client {
	c := &http.Client{}
	if n.Client != nil {
		*c = *n.Client
	}
	c.Timeout = sendFor
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return c
}
