//go:generate go run ./gen -dir .

package wire

import (
	"regexp"
	"sync"
)

// Kind is what a shape is.
type Kind uint8

// The kinds of shapes.
const (
	String Kind = iota
	Integer
	Long
	Double
	Boolean
	Timestamp
	Blob
	List
	Map
	Structure
)

// A Shape is one type of a service's model. Shapes refer to each other by their place in Service.Shapes, so that a
// table is static data even where shapes are recursive.
type Shape struct {
	Name      string
	Kind      Kind
	Sensitive bool // never shown in messages, logs and audit records
	ISO8601   bool // a timestamp that is text also in JSON
	Flattened bool // a list without an element around its items (Query)
	HasMin    bool
	HasMax    bool
	Min, Max  float64 // of a number's value or a text's, blob's, list's length
	Enum      []string
	Pattern   *Pattern
	Elem      int    // the shape of a list's items or a map's values
	Key       int    // the shape of a map's keys
	ItemName  string // how a list's item is called on the wire, "member" if the model is silent
	Members   []Member
}

// A Member is a named part of a structure.
type Member struct {
	Name     string
	Wire     string // its name in JSON and CBOR and in XML answers
	Query    string // its name in Query and EC2 Query requests
	Shape    int
	Required bool
}

// A Pattern is a regular expression that the whole of a text must match.
type Pattern struct {
	Text string // as the model has it, for messages
	Expr string // as Go's regexp wants it

	once sync.Once
	re   *regexp.Regexp
}

// match reports whether the whole of s matches. An expression is compiled when it is first needed.
func (p *Pattern) match(s string) bool {
	p.once.Do(func() { p.re = regexp.MustCompile(`\A(?:` + p.Expr + `)\z`) }) // the generator compiled it before
	return p.re.MatchString(s)
}
