// Command servers starts two PostgreSQL and two MariaDB servers for benchmarks, prints their URLs, a line each, and ends
// them when it is ended.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// As a careful administrator of a small machine would set them; durable, unlike the servers of tests.
var (
	postgresConf = []string{"fsync = on", "shared_buffers = 1GB", "max_wal_size = 8GB", "maintenance_work_mem = 256MB", "checkpoint_timeout = 15min"}
	mariadbConf  = []string{"innodb_flush_log_at_trx_commit=1", "innodb_buffer_pool_size=1G", "innodb_log_file_size=1G", "skip-log-bin"}
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := serve(ctx)
	servertest.Cleanup()
	if err != nil {
		fmt.Fprintln(os.Stderr, "servers:", err)
		os.Exit(1)
	}
}

func serve(ctx context.Context) error {
	for range 2 {
		d, err := servertest.StartPostgreSQL(ctx, servertest.PostgreSQL15, postgresConf...)
		if err != nil {
			return err
		}
		fmt.Fprintln(os.Stdout, d.URL)
	}
	for range 2 {
		d, err := servertest.StartMariaDB(ctx, mariadbConf...)
		if err != nil {
			return err
		}
		fmt.Fprintln(os.Stdout, d.URL)
	}
	<-ctx.Done()
	return nil
}
