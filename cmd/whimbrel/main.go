// Command whimbrel moves databases: see `whimbrel --help`.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/whimbreldb/whimbrel/internal/progress"
	"github.com/whimbreldb/whimbrel/internal/rescue"
)

func main() {
	os.Exit(run())
}

// run returns the exit code, so that deferred work is done before the process ends.
func run() int {
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	stop := interruptible(cancel)
	defer stop()
	err := newRoot().ExecuteContext(ctx)
	if err != nil && !errors.Is(err, errTold) {
		if p := rescue.In(err); p != nil {
			fmt.Fprintf(os.Stderr, "%s\n", p.Stack) // for whoever mends it
		}
		fmt.Fprintln(os.Stderr, "whimbrel:", progress.Plain(err.Error()))
	}
	return exitCode(ctx, err)
}

// errInterrupted is the cause of the context's end after Ctrl-C or SIGTERM.
var errInterrupted = errors.New("interrupted")

// interruptible ends the context at the first signal and the process at the second.
func interruptible(cancel context.CancelCauseFunc) (stop func()) {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		if _, ok := <-signals; !ok {
			return
		}
		cancel(errInterrupted)
		if _, ok := <-signals; ok {
			os.Exit(exitInterrupted)
		}
	}()
	return func() {
		signal.Stop(signals)
		close(signals)
	}
}
