package cloudtrail

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"strconv"
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

	last   audit.Position // the record looked at last
	events []cloudtrailapi.Event
	next   *string
}

func newPage(in *cloudtrailapi.LookupEventsRequest) *page {
	p := &page{attributes: in.LookupAttributes, holds: certain(in.LookupAttributes), most: pageSize, until: time.Now().Add(patience), events: []cloudtrailapi.Event{}}
	if in.MaxResults != nil {
		p.most = int(*in.MaxResults)
	}
	return p
}

// see takes a line of the trail, and says whether it wants more.
func (p *page) see(line []byte, at audit.Position) bool {
	late := time.Now().After(p.until)
	if bytes.Contains(line, p.holds) {
		r := &audit.Record{}
		fit := json.Unmarshal(line, r) == nil && fits(r, p.attributes) // of a line that a crash cut off, nothing
		if fit && len(p.events) == p.most {
			return p.end()
		}
		if fit {
			p.events = append(p.events, show(r, line))
		}
	}
	p.last = at
	return !late || p.end()
}

// end says where to go on: before what was looked at last.
func (p *page) end() bool {
	token := base64.RawURLEncoding.EncodeToString([]byte(p.last.File + "-" + strconv.FormatInt(p.last.Offset, 10)))
	p.next = &token
	return false
}

// position is where a page begins.
func position(token *string) (audit.Position, error) {
	if token == nil || *token == "" {
		return audit.Position{}, nil
	}
	text, err := base64.RawURLEncoding.DecodeString(*token)
	if err != nil {
		return audit.Position{}, badToken()
	}
	file, offset, _ := strings.Cut(string(text), "-")
	n, err := strconv.ParseInt(offset, 10, 64)
	if err != nil || n < 0 || file == "" {
		return audit.Position{}, badToken()
	}
	return audit.Position{File: file, Offset: n}, nil
}

func badToken() error {
	return cloudtrailapi.Service.NewError("InvalidNextTokenException", "The next token is invalid, or what it leads to is no longer in the trail.")
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
