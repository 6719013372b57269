package mapping

import (
	"errors"
	"fmt"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// targetSchema returns the target's name of a source schema. A rule about the schema's name beats TargetSchema.
func (p *planner) targetSchema(schema string) string {
	if name, known := p.schemas[schema]; known {
		return name
	}
	name := p.schemaName(schema)
	p.schemas[schema] = name
	return name
}

// schemaName is what a source schema would be called on the target.
func (p *planner) schemaName(schema string) string {
	name := schema
	rule := p.winner(p.rules.Transformations, nameFacet, func(t *Transformation) bool {
		return t.Target == SchemaTarget && t.Schema.Match(schema)
	})
	switch {
	case rule != nil:
		name = p.rename(rule, schema, map[string]string{"AR_M_SOURCE_SCHEMA": schema})
	case p.options.TargetSchema != "":
		name = p.options.TargetSchema
	}
	return p.options.folded(name)
}

// targetTable returns the target's name of a source table or view.
func (p *planner) targetTable(n catalog.Name) string {
	rule := p.winner(p.rules.Transformations, nameFacet, func(t *Transformation) bool {
		return t.Target == TableTarget && t.matchesTable(n)
	})
	if rule == nil {
		return p.options.folded(n.Name)
	}
	return p.options.folded(p.rename(rule, n.Name, map[string]string{"AR_M_SOURCE_SCHEMA": n.Schema, "AR_M_SOURCE_TABLE_NAME": n.Name}))
}

// rename applies a rule to a name and reports what cannot be.
func (p *planner) rename(t *Transformation, name string, names map[string]string) string {
	renamed, err := t.rename(name, names, &p.options)
	if err != nil {
		p.failf(t.Header, "rename %s %q: %w", t.Target, name, err)
		return name
	}
	return renamed
}

var errEmptyName = errors.New("nothing is left of the name")

func (t *Transformation) rename(name string, names map[string]string, o *Options) (string, error) {
	renamed := name
	switch t.Action {
	case Rename:
		renamed = t.Value
		if t.Expression != "" {
			var err error
			if renamed, err = o.evaluate(t.Expression, names); err != nil {
				return "", fmt.Errorf("expression %q: %w", t.Expression, err)
			}
		}
	case ConvertLowercase:
		renamed = strings.ToLower(name)
	case ConvertUppercase:
		renamed = strings.ToUpper(name)
	case AddPrefix:
		renamed = t.Value + name
	case AddSuffix:
		renamed = name + t.Value
	case RemovePrefix:
		renamed = strings.TrimPrefix(name, t.Value)
	case RemoveSuffix:
		renamed = strings.TrimSuffix(name, t.Value)
	case ReplacePrefix:
		if rest, ok := strings.CutPrefix(name, t.Old); ok {
			renamed = t.Value + rest
		}
	case ReplaceSuffix:
		if rest, ok := strings.CutSuffix(name, t.Old); ok {
			renamed = rest + t.Value
		}
	}
	if renamed == "" {
		return "", errEmptyName
	}
	return renamed, nil
}
