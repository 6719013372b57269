package insight

import "fmt"

// longestText bounds every text that a query makes: it is as long as the longest event. Without it concat of concat of
// concat makes a gigabyte of a hundred bytes. A longer text is an absent value.
const longestText = 1 << 20

// mostHeld bounds, in bytes, what a query at work keeps for its answer: rows that are sorted, groups, different values.
// Some queries run at a time, and what they hold together must fit beside everything else that the server does.
const mostHeld = 64 << 20

// mostMade bounds, in bytes, the texts that functions make of one event: each may be short enough, and there may be many.
const mostMade = 32 << 20

// mostAnswered bounds, in bytes, the answer of a query: answers of many queries are remembered at a time.
const mostAnswered = 16 << 20

// What a row, a field and a number take beside their texts, roughly.
const (
	rowCost   = 192
	fieldCost = 80
)

// held counts what a run keeps.
type held struct{ bytes int }

// take counts some more bytes, which may be too many; give counts bytes that are not kept any more.
func (h *held) take(n int) error {
	if h.bytes += n; h.bytes > mostHeld {
		return fmt.Errorf("the query holds more than %d MiB at a time: filter more events out, or show, sort and group by shorter fields", mostHeld>>20)
	}
	return nil
}

func (h *held) give(n int) { h.bytes -= n }

// cost is what a row that is kept takes. Its message as JSON is not kept: it is much larger than its text.
func (r *row) cost() int {
	n := rowCost
	if r.event != nil {
		n += len(r.event.Message)
	}
	for name, v := range r.fields {
		n += len(name) + v.cost()
	}
	return n
}

func (v value) cost() int { return fieldCost + len(v.text) }

// forget drops the message as text and JSON; it is read again when it is asked for again.
func (r *row) forget() { r.message, r.parsed, r.tried = "", nil, false }

// makes counts a text that was made of the row; beyond mostMade it is absent, and the query ends with fits's error.
func (r *row) makes(v value) value {
	if r.made += len(v.text); r.made > mostMade {
		return value{}
	}
	return v
}

func (r *row) fits() error {
	if r.made > mostMade {
		return fmt.Errorf("the query makes more than %d MiB of texts of one event: use fewer functions, or shorter fields", mostMade>>20)
	}
	return nil
}
