package chaos_test

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A bank has sums that never change: whatever is moved from one account arrives on another, and is written down twice.
// Whoever looks at a copy of it at any time must find them.
const (
	bankAccounts = 200
	opening      = 1000
	totalBalance = bankAccounts * opening
)

// bankTables are its tables, with the columns by which rows are compared.
var bankTables = map[string][]string{
	"account": {"id", "balance", "note"},
	"entry":   {"id", "account", "delta"},
	"visit":   {"page", "at"}, // without any key
}

func makeBank(t testing.TB, e *end) {
	t.Helper()
	text := e.pick("text", "longtext", "TEXT")
	e.exec(t,
		"CREATE TABLE account (id int NOT NULL PRIMARY KEY, balance bigint NOT NULL, note "+text+")",
		"CREATE TABLE entry (id bigint NOT NULL PRIMARY KEY, account int NOT NULL, delta bigint NOT NULL)",
		"CREATE INDEX entry_account ON entry (account)",
		"CREATE TABLE visit (page varchar(200), at int)",
	)
	switch {
	case e.plugin == "pglogical": // which tells nothing of updates without one
		e.exec(t, "ALTER TABLE visit ADD COLUMN id bigserial PRIMARY KEY")
	case e.kind == pg:
		e.exec(t, "ALTER TABLE visit REPLICA IDENTITY FULL")
	}
	e.fill(t, "account (id, balance, note)", bankAccounts, func(n int) string {
		return fmt.Sprintf("(%d, %d, '%s')", n, opening, strings.Repeat("note ", n%50*50))
	})
	e.fill(t, "visit (page, at)", 300, func(n int) string { return fmt.Sprintf("('/%d', %d)", n%10, n%20) })
}

// bankers change a bank until stop is called, which returns how many transactions were committed.
func bankers(t testing.TB, e *end, workers int, pause time.Duration) (stop func() int64) {
	ctx, cancel := context.WithCancel(context.Background())
	var done atomic.Int64
	var working sync.WaitGroup
	var next atomic.Int64
	next.Store(time.Now().UnixMicro())
	for n := range workers {
		random := rand.New(rand.NewPCG(uint64(n), uint64(time.Now().UnixNano())))
		working.Go(func() {
			for ctx.Err() == nil {
				if e.deal(random, &next) == nil {
					done.Add(1)
				}
				<-time.After(pause)
			}
		})
	}
	var once sync.Once
	stop = func() int64 {
		once.Do(func() {
			cancel()
			working.Wait()
		})
		return done.Load()
	}
	t.Cleanup(func() { stop() })
	return stop
}

// deal is one transaction of the bank; now and then it is given up.
func (e *end) deal(random *rand.Rand, next *atomic.Int64) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	conn, err := e.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	begin := e.pick("BEGIN", "BEGIN", "BEGIN IMMEDIATE")
	if _, err := conn.ExecContext(ctx, begin); err != nil {
		return err
	}
	for _, s := range e.orders(random, next) {
		if _, err := conn.ExecContext(ctx, s); err != nil {
			_, _ = conn.ExecContext(ctx, "ROLLBACK")
			return err
		}
	}
	if random.IntN(10) == 0 {
		_, err := conn.ExecContext(ctx, "ROLLBACK")
		return fmt.Errorf("given up: %w", errOr(err))
	}
	_, err = conn.ExecContext(ctx, "COMMIT")
	return err
}

func errOr(err error) error {
	if err != nil {
		return err
	}
	return sql.ErrTxDone
}

// orders are the statements of one transaction.
func (e *end) orders(random *rand.Rand, next *atomic.Int64) []string {
	from, to := 1+random.IntN(bankAccounts), 1+random.IntN(bankAccounts)
	if from > to {
		from, to = to, from // in one order, so that there are few deadlocks
	}
	amount, id := 1+random.IntN(50), next.Add(2)
	ss := []string{
		fmt.Sprintf("UPDATE account SET balance = balance - %d WHERE id = %d", amount, from),
		fmt.Sprintf("UPDATE account SET balance = balance + %d WHERE id = %d", amount, to),
		fmt.Sprintf("INSERT INTO entry (id, account, delta) VALUES (%d, %d, %d), (%d, %d, %d)", id, from, -amount, id+1, to, amount),
	}
	switch random.IntN(6) {
	case 0:
		ss = append(ss, fmt.Sprintf("UPDATE account SET note = '%s' WHERE id = %d", strings.Repeat(fmt.Sprint("☂", id), 1+random.IntN(900)), to))
	case 1: // a key that changes, of both halves
		ss = append(ss, fmt.Sprintf("UPDATE entry SET id = -id WHERE id IN (%d, %d)", id, id+1))
	case 2: // an old deal is forgotten, both halves of it
		ss = append(ss, fmt.Sprintf("DELETE FROM entry WHERE id IN (%d, %d)", id, id+1),
			fmt.Sprintf("INSERT INTO entry (id, account, delta) VALUES (%d, %d, %d), (%d, %d, %d)", id, to, amount, id+1, from, -amount))
	case 3:
		ss = append(ss, fmt.Sprintf("INSERT INTO visit (page, at) VALUES ('/%d', %d)", random.IntN(10), random.IntN(20)))
	case 4:
		ss = append(ss, fmt.Sprintf("DELETE FROM visit WHERE page = '/%d' AND at = %d", random.IntN(10), random.IntN(20)))
	}
	return ss
}

// sums asks for what never changes, in one statement and so of one moment; ok is false while it cannot be asked.
func (e *end) sums() (balance, delta int64, ok bool) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	err := e.db.QueryRowContext(ctx, "SELECT (SELECT sum(balance) FROM account), (SELECT coalesce(sum(delta), 0) FROM entry)").Scan(&balance, &delta)
	return balance, delta, err == nil
}

// auditor looks at a copy of the bank again and again; stop returns how often it has, and fails the test when it ever
// found a transaction in part.
func auditor(t testing.TB, e *end) (stop func() int) {
	end, ended := make(chan struct{}), make(chan struct{})
	looks, torn := 0, ""
	go func() {
		defer close(ended)
		for {
			select {
			case <-end:
				return
			case <-time.After(5 * time.Millisecond):
			}
			balance, delta, ok := e.sums()
			if !ok {
				continue
			}
			looks++
			if (balance != totalBalance || delta != 0) && torn == "" {
				torn = fmt.Sprintf("balance %d, delta %d at look %d", balance, delta, looks)
			}
		}
	}()
	return func() int {
		close(end)
		<-ended
		require.Empty(t, torn, "a transaction was seen in part")
		return looks
	}
}

// requireSameBank compares all rows of all tables.
func requireSameBank(t testing.TB, source, target *end) {
	t.Helper()
	for table, columns := range bankTables {
		requireSameRows(t, table, source.rows(t, table, columns), target.rows(t, table, columns))
	}
}
