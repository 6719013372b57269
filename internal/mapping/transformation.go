package mapping

import (
	"slices"

	"github.com/whimbreldb/whimbrel/internal/datatype"
	"github.com/whimbreldb/whimbrel/internal/document"
)

// Transformation is a rule that changes names, types, values, columns or keys on the way.
type Transformation struct {
	Header
	Locator
	Target     RuleTarget
	Action     Action
	Value      string // the new name, the prefix or suffix, the mask
	Old        string // old-value
	Expression string
	Type       *datatype.Type
	// TypeName is data-type.type when it is a type of document stores that datatype does not have.
	TypeName    string
	Key         *KeyDefinition
	BeforeImage *BeforeImage
}

// RuleTarget is the level a transformation works on.
type RuleTarget string

// The levels. Tablespaces exist from Oracle to Oracle alone.
const (
	SchemaTarget          RuleTarget = "schema"
	TableTarget           RuleTarget = "table"
	ColumnTarget          RuleTarget = "column"
	TableTablespaceTarget RuleTarget = "table-tablespace"
	IndexTablespaceTarget RuleTarget = "index-tablespace"
)

// Action is what a transformation does.
type Action string

// The actions. Masking actions are those of MaskMethod.
const (
	Rename           Action = "rename"
	ConvertLowercase Action = "convert-lowercase"
	ConvertUppercase Action = "convert-uppercase"
	AddPrefix        Action = "add-prefix"
	AddSuffix        Action = "add-suffix"
	RemovePrefix     Action = "remove-prefix"
	RemoveSuffix     Action = "remove-suffix"
	ReplacePrefix    Action = "replace-prefix"
	ReplaceSuffix    Action = "replace-suffix"
	RemoveColumn     Action = "remove-column"
	IncludeColumn    Action = "include-column"
	AddColumn        Action = "add-column"
	ChangeDataType   Action = "change-data-type"
	DefinePrimaryKey Action = "define-primary-key"
	AddBeforeImage   Action = "add-before-image-columns"
)

// facet is the side of an object that an action decides. Of the rules about one facet of one object the one with
// the smallest rule-id wins.
type facet uint8

const (
	nameFacet facet = iota
	presenceFacet
	additionFacet
	typeFacet
	keyFacet
	maskFacet
	beforeImageFacet
)

// actions says for each action what it decides and on which levels it exists.
var actions = map[Action]struct {
	facet   facet
	targets []RuleTarget
}{
	Rename:                  {nameFacet, everyTarget},
	ConvertLowercase:        {nameFacet, everyTarget},
	ConvertUppercase:        {nameFacet, everyTarget},
	AddPrefix:               {nameFacet, everyTarget},
	AddSuffix:               {nameFacet, everyTarget},
	RemovePrefix:            {nameFacet, everyTarget},
	RemoveSuffix:            {nameFacet, everyTarget},
	ReplacePrefix:           {nameFacet, everyTarget},
	ReplaceSuffix:           {nameFacet, everyTarget},
	RemoveColumn:            {presenceFacet, columnTarget},
	IncludeColumn:           {presenceFacet, columnTarget},
	AddColumn:               {additionFacet, columnTarget},
	ChangeDataType:          {typeFacet, columnTarget},
	DefinePrimaryKey:        {keyFacet, []RuleTarget{TableTarget}},
	AddBeforeImage:          {beforeImageFacet, columnTarget},
	Action(DigitsMask):      {maskFacet, columnTarget},
	Action(DigitsRandomize): {maskFacet, columnTarget},
	Action(HashMask):        {maskFacet, columnTarget},
}

var (
	everyTarget  = []RuleTarget{SchemaTarget, TableTarget, ColumnTarget, TableTablespaceTarget, IndexTablespaceTarget}
	columnTarget = []RuleTarget{ColumnTarget}
)

func (t *Transformation) facet() facet { return actions[t.Action].facet }

func (p *parser) transformation(r *document.Reader, h Header) {
	t := &Transformation{Header: h}
	t.Target = RuleTarget(word(r, "rule-target", "schema", "table", "column", "table-tablespace", "index-tablespace"))
	t.action(r)
	if t.Target == "" || t.Action == "" {
		r.Ignore(grammarKeys...)
		return
	}
	t.locate(r)
	t.operands(r)
	p.rules.Transformations = append(p.rules.Transformations, t)
}

func (t *Transformation) action(r *document.Reader) {
	n := r.Take("rule-action")
	if n == nil {
		r.Missing("rule-action", "one of "+oneOf(actions))
		return
	}
	spec, known := actions[Action(n.Text)]
	switch {
	case n.Kind != document.String || !known:
		r.Failf(n, "is %s; want one of %s", n.Show(), oneOf(actions))
	case t.Target != "" && !slices.Contains(spec.targets, t.Target):
		r.Failf(n, "%s does not exist for rule-target %s; it exists for %s", n.Text, t.Target, list(spec.targets))
	default:
		t.Action = Action(n.Text)
	}
}

func list[S ~string](words []S) string {
	out := ""
	for i, w := range words {
		if i > 0 {
			out += ", "
		}
		out += string(w)
	}
	return out
}

// locate reads the members of the object-locator that the rule's level has.
func (t *Transformation) locate(r *document.Reader) {
	var lr *document.Reader
	switch {
	case t.Target == SchemaTarget:
		if t.Locator, lr = locate(r, []string{"schema-name"}, "table-name"); lr != nil && t.Table.text != "" && !t.Table.Everything() {
			lr.Failf(lr.Take("table-name"), "has no meaning for rule-target schema; leave it out")
		}
		t.Table = Pattern{}
	case t.Target == TableTarget, t.Action == AddColumn, t.Action == AddBeforeImage:
		t.Locator, lr = locate(r, []string{"schema-name", "table-name"})
	case t.Target == TableTablespaceTarget:
		t.Locator, lr = locate(r, []string{"table-tablespace-name"}, "schema-name", "table-name")
	case t.Target == IndexTablespaceTarget:
		t.Locator, lr = locate(r, []string{"index-tablespace-name"}, "schema-name", "table-name")
	default:
		t.Locator, lr = locate(r, []string{"schema-name", "table-name", "column-name"}, "data-type")
	}
	if lr != nil {
		lr.Done()
	}
	if t.Action == DefinePrimaryKey {
		requireExact(r, t.Locator, "define-primary-key needs the exact schema and table name")
	}
}

// operands reads the members that the action needs.
func (t *Transformation) operands(r *document.Reader) {
	switch t.Action {
	case Rename:
		t.newName(r)
	case AddPrefix, AddSuffix, RemovePrefix, RemoveSuffix:
		t.Value = text(r, "value", "the prefix or suffix")
	case ReplacePrefix, ReplaceSuffix:
		t.Old = text(r, "old-value", "the prefix or suffix to replace")
		if r.Take("value") == nil {
			r.Missing("value", "the new prefix or suffix")
		}
		t.Value, _ = r.Text("value")
	case AddColumn:
		t.Value = text(r, "value", "the name of the new column")
		t.Type, t.TypeName = dataType(r)
		t.expression(r)
	case ChangeDataType:
		t.Type, t.TypeName = dataType(r)
	case DefinePrimaryKey:
		t.Key = keyDefinition(r)
	case AddBeforeImage:
		t.BeforeImage = beforeImage(r)
	case Action(DigitsMask):
		t.maskCharacter(r)
	}
	if t.emptyOldValue(r) {
		r.Ignore("old-value")
	}
}

// emptyOldValue reports an old-value of "", which some consoles write into every rule.
func (t *Transformation) emptyOldValue(r *document.Reader) bool {
	if t.Action == ReplacePrefix || t.Action == ReplaceSuffix {
		return false
	}
	n := r.Peek("old-value")
	return n != nil && n.Kind == document.String && n.Text == ""
}

func (t *Transformation) newName(r *document.Reader) {
	switch value, expression := r.Take("value"), r.Take("expression"); {
	case value == nil && expression == nil:
		r.Missing("value", "the new name (or an expression that gives it)")
	case value != nil && expression != nil:
		r.Failf(expression, "stands beside a value; a rename takes one of the two")
	case value != nil:
		t.Value = text(r, "value", "the new name")
	default:
		t.expression(r)
	}
}

func (t *Transformation) expression(r *document.Reader) {
	if r.Take("expression") != nil {
		t.Expression = text(r, "expression", "an expression in SQLite's syntax")
	}
}

func (t *Transformation) maskCharacter(r *document.Reader) {
	t.Value = text(r, "value", "the character that takes the place of digits")
	if t.Value != "" && (len(t.Value) != 1 || t.Value[0] <= ' ' || t.Value[0] > '~') {
		r.Failf(r.Take("value"), "is %q; want one printable ASCII character other than the space", t.Value)
	}
}
