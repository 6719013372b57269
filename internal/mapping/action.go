package mapping

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
