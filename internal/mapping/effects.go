package mapping

import (
	"fmt"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// Effects says in words what the rules do to the table's rows and columns; its new name is Target. A table that no rule
// changes has none.
func (p *TablePlan) Effects() (said []string) {
	for _, w := range p.Where {
		said = append(said, "only rows where "+predicateText(w))
	}
	for i := range p.Columns {
		said = append(said, p.Columns[i].effects()...)
	}
	for _, c := range p.Source.Columns {
		if _, moves := p.TargetColumn(c.Name); !moves {
			said = append(said, "column "+c.Name+" is left behind")
		}
	}
	if p.Key != nil {
		said = append(said, "its key is "+strings.Join(p.Key.Columns, ", "))
	}
	if p.Parallel != nil {
		said = append(said, "loaded in parallel: "+parallelText(p.Parallel))
	}
	switch {
	case p.LOB != nil && p.LOB.Mode == "limited":
		said = append(said, fmt.Sprintf("large objects are cut at %d KB", p.LOB.MaxBytes/1024))
	case p.LOB != nil:
		said = append(said, "large objects move whole")
	}
	if p.LoadOrder != 0 {
		said = append(said, fmt.Sprintf("its load order is %d", p.LoadOrder))
	}
	return said
}

func (c *ColumnPlan) effects() (said []string) {
	name := "column " + c.Name
	switch {
	case c.Source == nil && c.Expression != "":
		said = append(said, name+" is added: "+c.Expression)
	case c.Source == nil:
		said = append(said, name+" is added")
	default:
		if c.Source.Name != c.Name {
			said = append(said, "column "+c.Source.Name+" becomes "+c.Name)
		}
		if c.Expression != "" {
			said = append(said, name+" is "+c.Expression)
		}
	}
	if c.Type != nil {
		said = append(said, name+" is of type "+c.Type.String())
	}
	for _, m := range c.Masks {
		switch m.Method {
		case DigitsMask:
			said = append(said, fmt.Sprintf("%s is masked: every digit becomes %c", name, m.Char))
		case DigitsRandomize:
			said = append(said, name+" is masked: every digit becomes a random one")
		case HashMask:
			said = append(said, name+" is masked: a hash stands for its value")
		}
	}
	return said
}

func predicateText(w catalog.Predicate) string {
	var any []string
	for _, c := range w.Any {
		any = append(any, w.Column+" "+comparisonText(c))
	}
	return strings.Join(any, " or ")
}

func comparisonText(c catalog.Comparison) string {
	switch c.Operator {
	case catalog.Equal:
		return "= " + c.Value
	case catalog.NotEqual:
		return "≠ " + c.Value
	case catalog.GreaterOrEqual:
		return "≥ " + c.Value
	case catalog.LessOrEqual:
		return "≤ " + c.Value
	case catalog.Between:
		return "is from " + c.Low + " to " + c.High
	case catalog.NotBetween:
		return "is not from " + c.Low + " to " + c.High
	case catalog.IsNull:
		return "is null"
	case catalog.IsNotNull:
		return "is not null"
	}
	return string(c.Operator)
}

func parallelText(l *catalog.ParallelLoad) string {
	switch l.Type {
	case "partitions-list":
		return "partitions " + strings.Join(l.Partitions, ", ")
	case "ranges":
		return fmt.Sprintf("ranges of %s, cut %d times", strings.Join(l.Columns, ", "), len(l.Boundaries))
	}
	return "each of its partitions"
}
