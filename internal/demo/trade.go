package demo

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// Traded counts what Trade has done.
type Traded struct {
	Transactions, Orders, Shipped, Prices, Reviews, Cancelled int
}

// tradePause keeps the shop at some hundreds of transactions a second.
const tradePause = 2 * time.Millisecond

// Trade keeps the shop at business until ctx ends: orders come in and are shipped or cancelled, prices change, reviews come
// and go, each in a transaction of its own.
func Trade(ctx context.Context, path string) (done Traded, err error) {
	db, err := sql.Open("sqlite", fileURI(path, "_pragma=busy_timeout(20000)&_pragma=foreign_keys(on)&_txlock=immediate"))
	if err != nil {
		return done, fmt.Errorf("open the shop: %w", err)
	}
	db.SetMaxOpenConns(1)
	defer func() { err = errors.Join(err, db.Close()) }()
	s := &shopkeeper{rand: rand.New(rand.NewPCG(7, uint64(time.Now().UnixNano()))), done: &done}
	// What has begun is finished: only between transactions the shop may close.
	working := context.WithoutCancel(ctx)
	for ctx.Err() == nil {
		if err := s.serve(working, db); err != nil {
			return done, fmt.Errorf("trade: %w", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(tradePause):
		}
	}
	return done, nil
}

type shopkeeper struct {
	rand *rand.Rand
	done *Traded
}

func (s *shopkeeper) serve(ctx context.Context, db *sql.DB) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after Commit it has nothing to say
	deal, count := s.order, &s.done.Orders
	switch s.rand.IntN(8) {
	case 0:
		deal, count = s.ship, &s.done.Shipped
	case 1:
		deal, count = s.price, &s.done.Prices
	case 2:
		deal, count = s.review, &s.done.Reviews
	case 3:
		deal, count = s.cancel, &s.done.Cancelled
	}
	if err := deal(ctx, tx); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	*count++
	s.done.Transactions++
	return nil
}

// run runs statements one after another, all with the same numbered parameters.
func run(ctx context.Context, tx *sql.Tx, statements []string, args ...any) error {
	for _, statement := range statements {
		if _, err := tx.ExecContext(ctx, statement, args...); err != nil {
			return err
		}
	}
	return nil
}

func (s *shopkeeper) order(ctx context.Context, tx *sql.Tx) error {
	reference := fmt.Sprintf("%016x-%016x", s.rand.Uint64(), s.rand.Uint64())
	return run(ctx, tx, []string{
		`INSERT INTO orders (customer_id, status, placed_at, total)
			SELECT id, 'new', datetime('now'), 0 FROM customers WHERE id >= ?1 % (SELECT max(id) FROM customers) ORDER BY id LIMIT 1`,
		`INSERT INTO order_items (order_id, line, product_id, quantity, unit_price)
			SELECT (SELECT max(id) FROM orders), row_number() OVER (), id, 1 + ?1 % 3, price FROM products WHERE id % 97 = ?1 % 97 LIMIT 3`,
		`UPDATE orders SET total = (SELECT coalesce(sum(quantity * unit_price), 0) FROM order_items WHERE order_id = orders.id)
			WHERE id = (SELECT max(id) FROM orders)`,
		`INSERT INTO payments (order_id, method, amount, paid_at, reference)
			SELECT id, 'card', total, datetime('now'), ?2 FROM orders WHERE id = (SELECT max(id) FROM orders)`,
	}, s.rand.IntN(1<<30), reference)
}

func (s *shopkeeper) ship(ctx context.Context, tx *sql.Tx) error {
	return run(ctx, tx, []string{
		`UPDATE orders SET status = 'shipped', shipped_at = datetime('now') WHERE id IN (SELECT id FROM orders WHERE shipped_at IS NULL ORDER BY id % ?1 LIMIT 3)`,
	}, 2+s.rand.IntN(500))
}

func (s *shopkeeper) price(ctx context.Context, tx *sql.Tx) error {
	return run(ctx, tx, []string{`UPDATE products SET price = round(price * 1.01 + 0.01, 2) WHERE id % 41 = ?1 % 41`}, s.rand.IntN(1<<30))
}

func (s *shopkeeper) review(ctx context.Context, tx *sql.Tx) error {
	return run(ctx, tx, []string{
		`INSERT INTO reviews (product_id, stars, title, body, written_at)
			SELECT id, 1 + ?1 % 5, 'Written while it moved', 'ünïcode ☂ ' || ?1, datetime('now') FROM products WHERE id >= ?1 % 1000 LIMIT 1`,
		`DELETE FROM reviews WHERE id = ?1 % (SELECT max(id) FROM reviews)`,
	}, s.rand.IntN(1<<30))
}

// cancel deletes an order with all that belongs to it, the items by the foreign key.
func (s *shopkeeper) cancel(ctx context.Context, tx *sql.Tx) error {
	return run(ctx, tx, []string{
		`DELETE FROM payments WHERE order_id = (SELECT max(id) FROM orders WHERE id < ?1)`,
		`DELETE FROM orders WHERE id = (SELECT max(id) FROM orders WHERE id < ?1)`,
	}, 2+s.rand.IntN(50_000))
}
