package convert

import "errors"

type nodeKind uint8

const (
	columnNode  nodeKind = iota // value: the source column's name
	numberNode                  // value as written
	textNode                    // value decoded
	bitsNode                    // value: the digits; op: b or x
	boolNode                    // value: true or false
	nullNode                    //
	callNode                    // value: the function in lower case
	unaryNode                   // op: not, -
	binaryNode                  // op
	inNode                      // args: what, then the list; not
	betweenNode                 // args: what, low, high; not
	isNullNode                  // args: what; not
	castNode                    // args: what; value: the type in lower case
)

// node is a piece of an SQL expression that means the same in every engine, as far as translate goes on to check.
type node struct {
	kind  nodeKind
	op    string
	value string
	not   bool
	args  []*node
}

var errMore = errors.New("it is made of more than comparisons, arithmetic and simple functions of columns")
