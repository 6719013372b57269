package chaos_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	accounts = 2000
	deposit  = 1000
)

// TestWritersMeanwhile moves money between the accounts of two tables, and keeps a book of it without a key, while the
// tables are loaded: the target must hold one committed moment of all three.
func TestWritersMeanwhile(t *testing.T) {
	for _, pair := range [][2]string{{pg, pg}, {pg, sqlite}, {maria, maria}, {maria, sqlite}, {sqlite, sqlite}, {sqlite, pg}} {
		t.Run(pair[0]+" to "+pair[1], func(t *testing.T) {
			t.Parallel()
			source, target := newEnd(t, pair[0]), newEnd(t, pair[1])
			if source.kind == sqlite {
				source.texts(t, "PRAGMA journal_mode=WAL")
			}
			for _, table := range []string{"debit", "credit"} {
				source.exec(t, "CREATE TABLE "+table+" (id int NOT NULL PRIMARY KEY, amount int NOT NULL, filler varchar(200))")
				source.fill(t, table+" (id, amount, filler)", accounts, func(n int) string { return fmt.Sprintf("(%d, %d, '%0100d')", n, deposit, n) })
			}
			source.exec(t, "CREATE TABLE book (id int NOT NULL)")
			source.exec(t, source.pick("ANALYZE", "ANALYZE TABLE debit, credit, book", "ANALYZE"))
			stop := transfers(t, source)
			complete(t, source, target, "--rate-limit", "5000rows/s")
			made := stop()
			require.Greater(t, made, int64(20), "the writers must have been at work")
			debit, credit := target.number("SELECT sum(amount) FROM debit"), target.number("SELECT sum(amount) FROM credit")
			require.EqualValues(t, 2*accounts*deposit, debit+credit)
			require.Equal(t, credit-accounts*deposit, target.number("SELECT count(*) FROM book"))
			require.EqualValues(t, accounts, target.number("SELECT count(*) FROM debit"))
		})
	}
}

// transfers begins to write; stop ends that and returns how many transactions were committed meanwhile.
func transfers(t *testing.T, e *end) (stop func() int64) {
	ctx, cancel := context.WithCancel(t.Context())
	var made atomic.Int64
	var writers sync.WaitGroup
	random := dice(t)
	from, to := random.Perm(accounts), random.Perm(accounts)
	writers.Go(func() {
		for i := 0; ctx.Err() == nil; i++ {
			if e.transfer(from[i%accounts]+1, to[i%accounts]+1) == nil {
				made.Add(1)
			}
		}
	})
	return func() int64 {
		cancel()
		writers.Wait()
		return made.Load()
	}
}

func (e *end) transfer(from, to int) error {
	tx, err := e.db.BeginTx(context.Background(), nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	for _, sql := range []string{
		fmt.Sprintf("UPDATE debit SET amount = amount - 1 WHERE id = %d", from),
		fmt.Sprintf("UPDATE credit SET amount = amount + 1 WHERE id = %d", to),
		fmt.Sprintf("INSERT INTO book VALUES (%d)", from),
	} {
		if _, err := tx.ExecContext(context.Background(), sql); err != nil {
			return err
		}
	}
	return tx.Commit()
}
