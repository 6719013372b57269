package cloudtrail

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"

	"github.com/whimbreldb/whimbrel/internal/audit"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/cloudtrailapi"
)

// A page is one answer of LookupEvents in the making.
type page struct {
	attributes []cloudtrailapi.LookupAttribute
	holds      []byte // what a line must hold that fits; nil: nothing certain
	most       int
	until      time.Time // when it is answered as far as it has come

	after  string // the event that the page before ended with, until it is found
	last   string // the event looked at last
	events []cloudtrailapi.Event
	next   *string
}

func newPage(in *cloudtrailapi.LookupEventsRequest, after string) *page {
	p := &page{attributes: in.LookupAttributes, holds: certain(in.LookupAttributes), most: pageSize, until: time.Now().Add(patience), after: after, events: []cloudtrailapi.Event{}}
	if in.MaxResults != nil {
		p.most = int(*in.MaxResults)
	}
	return p
}

// see takes a line of the trail, and says whether it wants more.
func (p *page) see(line []byte) bool {
	if p.after != "" && !bytes.Contains(line, []byte(p.after)) {
		return true
	}
	late := p.after == "" && time.Now().After(p.until)
	if p.after == "" && !late && !bytes.Contains(line, p.holds) {
		return true
	}
	r := &audit.Record{}
	if json.Unmarshal(line, r) != nil {
		return true // cut off by a crash
	}
	if p.after != "" {
		if r.EventID == p.after {
			p.after, p.last = "", r.EventID
		}
		return true
	}
	fit := fits(r, p.attributes)
	if fit && len(p.events) == p.most {
		return p.end()
	}
	p.last = r.EventID
	if fit {
		p.events = append(p.events, show(r, line))
	}
	return !late || p.end()
}

// end says where to go on.
func (p *page) end() bool {
	token := base64.RawURLEncoding.EncodeToString([]byte(p.last))
	p.next = &token
	return false
}

// certain is a text that lines have whose records fit, so that no others need be decoded: of attributes whose value stands in the record as it is.
func certain(attributes []cloudtrailapi.LookupAttribute) []byte {
	for _, a := range attributes {
		switch *a.AttributeKey {
		case "EventId", "EventName", "EventSource", "AccessKeyId", "ResourceName":
			if plain := strings.IndexFunc(*a.AttributeValue, escaped) < 0; plain {
				return []byte(*a.AttributeValue)
			}
		}
	}
	return nil
}

// escaped knows the characters that JSON may write in another way.
func escaped(c rune) bool { return c < ' ' || c > '~' || strings.ContainsRune("\\\"<>&/'", c) }
