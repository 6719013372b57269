package task

import (
	"context"
	"fmt"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// oneOfMoney is what the database keeps for an amount of 1: a hundred cents, or one yen, as lc_monetary has it.
const oneOfMoney = "SELECT pg_catalog.cash_send(1::pg_catalog.money)::text, pg_catalog.current_setting('lc_monetary')"

// sameMoney refuses money that would become a hundred times as much: between PostgreSQL servers its numbers travel as they are kept, and how many
// of them are 1 is told by each database's lc_monetary.
func (t *Task) sameMoney(ctx context.Context, p *Plan) error {
	column := moneyColumn(p)
	source, asks := t.source.(connector.Asker)
	target, answers := t.target.(connector.Asker)
	if column == "" || t.compares() || !t.like() || t.sourceEngine.Family != catalog.PostgreSQL || !asks || !answers {
		return nil
	}
	here, err := source.Ask(ctx, oneOfMoney)
	if err != nil {
		return fmt.Errorf("ask the source how it keeps money: %w", err)
	}
	there, err := target.Ask(ctx, oneOfMoney)
	if err != nil {
		return fmt.Errorf("ask the target how it keeps money: %w", err)
	}
	if here[0][0] == there[0][0] {
		return nil
	}
	return &connector.Error{
		Class:  connector.Invalid,
		Err:    fmt.Errorf("column %s is money, which has another number of decimals on the target (lc_monetary %s) than at the source (%s): its values would become others", column, there[0][1], here[0][1]),
		Remedy: fmt.Sprintf("ALTER DATABASE … SET lc_monetary = '%s' on the target, or give the column another type (a change-data-type rule)", here[0][1]),
	}
}

// moneyColumn names a column that is money on both sides.
func moneyColumn(p *Plan) string {
	for _, ct := range p.Schema.Tables {
		for i := range ct.Plan.Columns {
			c := &ct.Plan.Columns[i]
			if c.Source != nil && c.Source.BaseType == "money" && ct.Columns[i] != nil && ct.Columns[i].BaseType == "money" {
				return ct.Plan.Source.Name.String() + "." + c.Source.Name
			}
		}
	}
	return ""
}
