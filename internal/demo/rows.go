package demo

import (
	"fmt"
	"strings"
	"time"
)

func (g *generator) makeCategories() error {
	insert, done, err := g.inserter("categories", 3)
	if err != nil {
		return err
	}
	for i, name := range departments {
		if err := insert(i+1, nil, name); err != nil {
			return err
		}
	}
	g.categories = len(departments)
	for parent := range departments {
		for _, name := range shelves {
			g.categories++
			if err := insert(g.categories, parent+1, name); err != nil {
				return err
			}
		}
	}
	return done()
}

func (g *generator) makeCustomers() error {
	insert, done, err := g.inserter("customers", 9)
	if err != nil {
		return err
	}
	for id := 1; id <= g.customers; id++ {
		first, last := pick(g, firstNames), pick(g, lastNames)
		born := time.Date(1930, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, g.rand.IntN(28_000))
		note := any(nil)
		switch g.rand.IntN(12) {
		case 0:
			note = ""
		case 1:
			note = g.sentence(3+g.rand.IntN(20)) + "\n" + pick(g, emoji)
		}
		err := insert(id, fmt.Sprintf("customer%d@example.com", id), first, last, g.maybe(20, born.Format(time.DateOnly)),
			g.rand.IntN(2), money(max(0, g.rand.Int64N(40_000)-30_000)), note, stamp(g.moment(900)))
		if err != nil {
			return err
		}
	}
	return done()
}

func (g *generator) makeAddresses() error {
	insert, done, err := g.inserter("addresses", 7)
	if err != nil {
		return err
	}
	for customer := 1; customer <= g.customers; customer++ {
		for n := range 1 + g.rand.IntN(2)*g.rand.IntN(2) {
			kind := "billing"
			if n > 0 {
				kind = "delivery"
			}
			g.addresses++
			city := pick(g, cities)
			street := fmt.Sprintf("%s %d", pick(g, streets), 1+g.rand.IntN(200))
			if err := insert(g.addresses, customer, kind, street, g.maybe(10, fmt.Sprintf("%05d", g.rand.IntN(100_000))), city[0], city[1]); err != nil {
				return err
			}
		}
	}
	return done()
}

func (g *generator) makeProducts() error {
	insert, done, err := g.inserter("products", 10)
	if err != nil {
		return err
	}
	for id := 1; id <= g.products; id++ {
		cents := 99 + g.rand.Int64N(1<<uint(8+g.rand.IntN(9)))
		g.prices = append(g.prices, cents)
		name := pick(g, adjectives) + " " + pick(g, things)
		var text strings.Builder
		for range g.rand.IntN(6) {
			text.WriteString(g.sentence(4+g.rand.IntN(14)) + " ")
		}
		attributes := fmt.Sprintf(`{"colour": %q, "size": [%d, %d], "fragile": %t}`, pick(g, adjectives), g.rand.IntN(90), g.rand.IntN(90), g.rand.IntN(9) == 0)
		gone := g.start.AddDate(0, 0, g.rand.IntN(2000)).Format(time.DateOnly)
		err := insert(id, fmt.Sprintf("SKU-%06d", id*7), len(departments)+1+g.rand.IntN(g.categories-len(departments)), name,
			g.maybe(5, text.String()), money(cents), g.maybe(10, g.rand.Float64()*30), g.maybe(8, g.image()), g.maybe(30, attributes), g.maybe(90, gone))
		if err != nil {
			return err
		}
	}
	return done()
}

// makeOrders makes orders with their items and payments.
func (g *generator) makeOrders() error {
	order, orderDone, err := g.inserter("orders", 7)
	if err != nil {
		return err
	}
	item, itemDone, err := g.inserter("order_items", 6)
	if err != nil {
		return err
	}
	payment, paymentDone, err := g.inserter("payments", 6)
	if err != nil {
		return err
	}
	for id := 1; id <= g.orders; id++ {
		total := int64(0)
		for line := range 1 + g.rand.IntN(5) {
			product, quantity := g.rand.IntN(g.products), 1+g.rand.Int64N(4)
			total += quantity * g.prices[product]
			discount := g.maybe(80, float64(g.rand.IntN(50))/100)
			if err := item(id, line+1, product+1, quantity, money(g.prices[product]), discount); err != nil {
				return err
			}
		}
		placed := g.moment(2000)
		shipped := g.maybe(15, stamp(placed.Add(time.Duration(g.rand.IntN(400))*time.Hour)))
		status := pick(g, []string{"new", "paid", "paid", "packed", "shipped", "shipped", "returned"})
		if err := order(id, 1+g.rand.IntN(g.customers), g.maybe(3, 1+g.rand.IntN(g.addresses)), status, stamp(placed), shipped, money(total)); err != nil {
			return err
		}
		method := pick(g, []string{"card", "card", "invoice", "voucher", "bank"})
		if err := payment(id, id, method, money(total), stamp(placed.Add(time.Minute)), g.uuid()); err != nil {
			return err
		}
	}
	for _, done := range []func() error{orderDone, itemDone, paymentDone} {
		if err := done(); err != nil {
			return err
		}
	}
	return nil
}

func (g *generator) makeReviews() error {
	insert, done, err := g.inserter("reviews", 7)
	if err != nil {
		return err
	}
	for id := 1; id <= g.orders*2/5; id++ {
		title := any(pick(g, adjectives) + pick(g, emoji))
		body := g.sentence(3+g.rand.IntN(40)) + pick(g, emoji)
		err := insert(id, 1+g.rand.IntN(g.products), g.maybe(10, 1+g.rand.IntN(g.customers)), 1+g.rand.IntN(5), g.maybe(25, title),
			g.maybe(10, body), stamp(g.moment(2100)))
		if err != nil {
			return err
		}
	}
	return done()
}
