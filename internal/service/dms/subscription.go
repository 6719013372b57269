package dms

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/notify"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// What a subscription can be in: the last two say what its last delivery met.
const (
	subscriptionActive  = "active"
	subscriptionDenied  = "no-permission"
	subscriptionNowhere = "topic-not-exist"
)

// subscriptionName is stricter than DMS, which says no more than that a name has less than 255 characters: names stand in ARNs.
var subscriptionName = regexp.MustCompile(`^[A-Za-z0-9._-]{1,254}$`)

func checkSubscriptionName(name string) error {
	if !subscriptionName.MatchString(name) {
		return invalidValue("The parameter SubscriptionName is not valid: %q. It must have 1 to 254 letters, digits, periods, underscores, and hyphens.", name)
	}
	return nil
}

// checkTopic holds a topic to those that the server's categoryConfiguration gives an address.
func (s *Service) checkTopic(arn string) error {
	if _, known := s.Notify.Topics[arn]; known {
		return nil
	}
	if !notify.IsTopic(arn) {
		return fault("SNSInvalidTopicFault", "The SNS topic is invalid: %q is not the ARN of a topic.", arn)
	}
	return fault("SNSInvalidTopicFault", "The SNS topic is invalid: this server knows no address for %s. Its operator gives topics addresses (whimbrel serve --event-webhook ARN=URL).", arn)
}

// checkSources holds a subscription's sources to those that there are.
func checkSources(tx store.Tx, typ string, sources []string) ([]string, error) {
	if typ != "" && len(categoriesOf(typ)) == 0 {
		return nil, invalidValue("Invalid SourceType: %q. It is replication-instance or replication-task.", typ)
	}
	if len(sources) == 0 {
		return nil, nil
	}
	if typ == "" {
		return nil, invalidCombination("SourceIds need SourceType.")
	}
	k := instances
	if typ == sourceTask {
		k = tasks
	}
	var all []string
	for _, name := range sources {
		id, err := named(tx, k, name)
		if err == nil && id == "" {
			name = strings.ToLower(name) // as identifiers are kept
			id, err = named(tx, k, name)
		}
		if err != nil {
			return nil, err
		}
		if id == "" {
			return nil, notFound("%s %s not found.", k.noun, name)
		}
		if !slices.Contains(all, name) {
			all = append(all, name)
		}
	}
	return all, nil
}

// renameSource lets subscriptions that are limited to a source follow it to its new identifier.
func renameSource(tx store.Tx, typ, from, to string) error {
	page, err := tx.List(store.Range{Prefix: subs.keys()})
	if err != nil {
		return err
	}
	for _, item := range page.Items {
		var sub Subscription
		if err := item.Decode(&sub); err != nil {
			return err
		}
		at := slices.Index(sub.Sources, from)
		if sub.SourceType != typ || at < 0 {
			continue
		}
		sub.Sources[at] = to
		if err := store.Write(tx, item.Key, sub); err != nil {
			return err
		}
	}
	return nil
}

// showSubscription shows a subscription, in a status that its record may not have.
func (s *Service) showSubscription(sub *Subscription, status string) *dmsapi.EventSubscription {
	out := &dmsapi.EventSubscription{
		CustomerAwsId: &s.Account, CustSubscriptionId: &sub.Name, SnsTopicArn: &sub.Topic, SourceType: some(sub.SourceType), Status: &status,
		Enabled: &sub.Enabled, SourceIdsList: sub.Sources, EventCategoriesList: sub.Categories,
		SubscriptionCreationTime: new(sub.Created.UTC().Format("2006-01-02 15:04:05.000")),
	}
	if out.SourceIdsList == nil {
		out.SourceIdsList = []string{}
	}
	if out.EventCategoriesList == nil {
		out.EventCategoriesList = []string{}
	}
	return out
}

// stampedAt is the moment of a call as records have it.
func stampedAt(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }
