package dms

import "github.com/whimbreldb/whimbrel/internal/notify"

// Notify says where the events of subscriptions go.
type Notify = notify.Topics
