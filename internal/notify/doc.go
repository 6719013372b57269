// Package notify sends notifications to the webhooks that topics are names for: in the form in which SNS posts them to an
// https subscriber, signed with a secret that both sides know.
package notify
