package host

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/connector/all"
	"github.com/whimbreldb/whimbrel/internal/instance"
	"github.com/whimbreldb/whimbrel/internal/instance/worker"
	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// TestMain runs the tests, or is what they start: an instance, as `whimbrel instance` is one, or a server that keeps one.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case "instance":
			os.Exit(child(os.Args[2:]))
		case "server":
			os.Exit(server(os.Args[2]))
		}
	}
	code := m.Run()
	servertest.Cleanup()
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func child(arguments []string) int {
	c := worker.Config{Engines: engines(), Log: slog.New(slog.NewTextHandler(os.Stderr, nil))}
	fl := flag.NewFlagSet("instance", flag.ContinueOnError)
	fl.StringVar(&c.Dir, "dir", "", "")
	fl.IntVar(&c.Processors, "processors", 0, "")
	fl.Int64Var(&c.Memory, "memory", 0, "")
	fl.StringVar(&c.Class, "class", "", "")
	fl.StringVar(&c.SQLiteDir, "sqlite-dir", "", "")
	if err := fl.Parse(arguments); err != nil {
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	if err := worker.Serve(ctx, c, func() { fmt.Println(Ready) }); err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// engines are all, and one that ends the process, as a fault that nobody could catch would.
func engines() connector.Engines {
	deadly := *all.Engines()[3]
	deadly.Name, deadly.Schemes = "deadly", []string{"deadly"}
	deadly.OpenSource = func(context.Context, connector.Config) (connector.Source, error) {
		go func() { panic("nobody can catch this") }()
		select {} // until then
	}
	return append(all.Engines(), &deadly)
}

// server keeps an instance until it is killed; it tells its state on standard output and obeys "stop" on standard input.
func server(dir string) int {
	h, err := New(Config{Dir: dir, Command: []string{os.Args[0], "instance"}, Log: slog.New(slog.NewTextHandler(os.Stderr, nil))})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	h.Want(instance.Spec{ID: "I1", Processors: 1, Memory: 1 << 30})
	for changed := h.Changed(); h.State("I1").Phase != instance.Up; changed = h.Changed() {
		select {
		case <-changed:
		case <-time.After(100 * time.Millisecond):
		}
	}
	fmt.Println("up", h.mu.instances["I1"].mu.process.Pid)
	_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
	_ = h.Close(context.Background())
	return 0
}
