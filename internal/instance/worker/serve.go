package worker

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"syscall"
	"time"

	"github.com/whimbreldb/whimbrel/internal/instance/keep"
	"github.com/whimbreldb/whimbrel/internal/instance/socket"
)

const (
	// lockPatience is how long the process before this one may take to end.
	lockPatience = 30 * time.Second
	lockPause    = 20 * time.Millisecond
	// stopPatience is how long tasks may take to stop cleanly; what they have not committed by then is done again.
	stopPatience = 15 * time.Second
)

// Serve runs an instance until the context ends: it makes sure that it is the only process of the directory, enters the
// directory, answers at the socket and then calls ready. At the end its tasks stop cleanly, to be gone on with.
func Serve(ctx context.Context, c Config, ready func()) error {
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return fmt.Errorf("make the instance's directory: %w", err)
	}
	if err := os.Chdir(c.Dir); err != nil { // names of sockets must be short
		return fmt.Errorf("enter the instance's directory: %w", err)
	}
	unlock, err := lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	c.Memory = bound(c.Processors, c.Memory)
	w, err := New(c)
	if err != nil {
		return err
	}
	err = w.serve(ctx, ready)
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopPatience)
	defer cancel()
	return errors.Join(err, w.Close(closing))
}

// lock waits until no other process has the directory. The system lets go of the lock with the process.
func lock(ctx context.Context) (unlock func(), err error) {
	f, err := os.OpenFile(keep.Lock, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the instance's directory: %w", err)
	}
	for deadline := time.Now().Add(lockPatience); ; {
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return func() { _ = f.Close() }, nil
		}
		if time.Now().After(deadline) {
			return nil, errors.Join(fmt.Errorf("lock the instance's directory: another process has it: %w", err), f.Close())
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(context.Cause(ctx), f.Close())
		case <-time.After(lockPause):
		}
	}
}

func (w *Worker) serve(ctx context.Context, ready func()) error {
	_ = os.Remove(keep.Socket) // of a process that was killed: the lock says that there is no other
	var l net.ListenConfig
	listener, err := l.Listen(ctx, "unix", keep.Socket)
	if err != nil {
		return fmt.Errorf("open the instance's socket: %w", err)
	}
	if err := os.Chmod(keep.Socket, 0o600); err != nil {
		return errors.Join(fmt.Errorf("close the instance's socket to others: %w", err), listener.Close())
	}
	s := &http.Server{Handler: socket.Handler(w), ReadHeaderTimeout: 10 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- s.Serve(listener) }() // ends with Close
	ready()
	select {
	case <-ctx.Done():
		return s.Close()
	case err := <-failed:
		return fmt.Errorf("serve the instance's socket: %w", err)
	}
}
