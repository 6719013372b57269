package demo

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"time"

	_ "modernc.org/sqlite" // the database/sql driver "sqlite"
)

// Options size the shop. The zero value makes about 310,000 rows and 20 MB of images.
type Options struct {
	// Orders is the number of orders, from which all other counts follow; 0 means 50,000.
	Orders int
	// Seed chooses another shop of the same size.
	Seed uint64
}

const defaultOrders = 50_000

// MakeShop creates a database file with the sample shop. The file must not exist; when MakeShop fails it is removed.
func MakeShop(ctx context.Context, path string, o Options) (err error) {
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("make the sample shop: %s exists already", path)
	}
	db, err := sql.Open("sqlite", fileURI(path, "_pragma=journal_mode(off)&_pragma=synchronous(off)"))
	if err != nil {
		return fmt.Errorf("make the sample shop: %w", err)
	}
	db.SetMaxOpenConns(1)
	defer func() {
		err = errors.Join(err, db.Close())
		if err != nil && ctx.Err() != nil {
			err = ctx.Err() // of which the driver may say that a statement is closed
		}
		if err != nil {
			err = errors.Join(fmt.Errorf("make the sample shop: %w", err), os.Remove(path))
		}
	}()
	if _, err := db.ExecContext(ctx, tables); err != nil {
		return err
	}
	if err := fill(ctx, db, o); err != nil {
		return err
	}
	if _, err := db.ExecContext(ctx, afterwards); err != nil {
		return err
	}
	// With a write-ahead log the shop can do business while others read it.
	_, err = db.ExecContext(ctx, "PRAGMA journal_mode=WAL")
	return err
}

// fileURI is a file name in SQLite's URI form, which any character may be part of.
func fileURI(path, query string) string {
	u := url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: query}
	return u.String()
}

// fill writes all rows in one transaction, parents first.
func fill(ctx context.Context, db *sql.DB, o Options) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after Commit it has nothing to say
	orders := o.Orders
	if orders <= 0 {
		orders = defaultOrders
	}
	g := &generator{ctx: ctx, tx: tx, rand: rand.New(rand.NewPCG(o.Seed, 0x5eed)), orders: orders,
		customers: max(orders*2/5, 10), products: max(orders/40, 10), start: time.Date(2019, 1, 7, 6, 0, 0, 0, time.UTC)}
	for _, step := range []func() error{g.makeCategories, g.makeCustomers, g.makeAddresses, g.makeProducts, g.makeOrders, g.makeReviews} {
		if err := step(); err != nil {
			return err
		}
	}
	return tx.Commit()
}
