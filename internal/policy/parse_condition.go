package policy

import (
	"strings"

	"github.com/whimbreldb/whimbrel/internal/document"
)

// conditions reads the Condition element: operators, in each of them keys, for each of them values.
func (r *parser) conditions(s *Statement, o *document.Reader) {
	n := o.Raw("Condition")
	if n == nil {
		return
	}
	if n.Kind != document.Object {
		o.Failf(n, "is %s; want an object of condition operators", n.Show())
		return
	}
	for _, m := range n.Members {
		op, set, ifExists, err := parseOperator(m.Key)
		if err != nil {
			o.Failf(m.Value, "%s", err)
			continue
		}
		if m.Value.Kind != document.Object || len(m.Value.Members) == 0 {
			o.Failf(m.Value, "is %s; want an object of condition keys and their values", m.Value.Show())
			continue
		}
		for _, pair := range m.Value.Members {
			c := condition{operator: op, set: set, ifExists: ifExists, key: strings.ToLower(pair.Key), text: m.Key + " " + pair.Key}
			r.values(&c, pair, o)
			s.conditions = append(s.conditions, c)
		}
	}
}

// values reads one key and its values; true, false and numbers may stand without quotes.
func (r *parser) values(c *condition, pair document.Member, o *document.Reader) {
	if !validKey(pair.Key) {
		o.Failf(pair.Value, "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc. Found the condition key %q", pair.Key)
	}
	items := []*document.Node{pair.Value}
	if pair.Value.Kind == document.Array {
		items = pair.Value.Items
	}
	// An empty list is allowed by IAM and matches no value.
	for _, item := range items {
		if item.Kind == document.Null || item.Kind == document.Array || item.Kind == document.Object {
			o.Failf(item, "is %s; want a string, a number, true or false", item.Show())
			continue
		}
		v, err := compileValue(c.operator, item.Text, r.variables)
		if err != nil {
			o.Failf(item, "%s", err)
		}
		c.values = append(c.values, v)
		c.variables = c.variables || v.text.variables > 0 || v.arn.variables()
	}
}
