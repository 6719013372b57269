package catalog

// Predicate is a condition on one column, true when any of its comparisons is (DMS: the conditions of one filter).
// A list of predicates is true when all are. Connectors push predicates down to the source.
type Predicate struct {
	Column string
	Any    []Comparison
}

// Operator is a DMS filter operator.
type Operator string

// The operators. "ste" is read as LessOrEqual.
const (
	Equal          Operator = "eq"
	NotEqual       Operator = "noteq"
	GreaterOrEqual Operator = "gte"
	LessOrEqual    Operator = "lte"
	Between        Operator = "between"
	NotBetween     Operator = "notbetween"
	IsNull         Operator = "null"
	IsNotNull      Operator = "notnull"
)

// Comparison compares the column with literals. Value serves the one-sided operators, Low and High (both inclusive)
// the others. Literals are the text of the mapping; the connector casts them to the column's type.
type Comparison struct {
	Operator  Operator
	Value     string
	Low, High string
}
