package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/whimbreldb/whimbrel/internal/store"
)

// controlSocket lies in the data directory: whoever may read that directory may have a backup, nobody else.
const controlSocket = "control.sock"

// longestSocket is what a socket's path may have on all systems. A data directory deeper than that has no control socket,
// and is backed up when its server does not run.
const longestSocket = 100

// control lets `whimbrel backup` have a backup of the running server.
func (s *Server) control(base store.Store) error {
	path := s.path(controlSocket)
	if len(path) > longestSocket {
		s.log.Warn("the data directory's path is too long for a control socket; stop the server to make a backup", "path", path)
		return nil
	}
	_ = os.Remove(path)                       // of a process that was killed; the directory's lock says that there is no other
	listener, err := net.Listen("unix", path) //nolint:noctx // it lives until Stop
	if err != nil {
		return fmt.Errorf("open the control socket: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return errors.Join(fmt.Errorf("close the control socket to others: %w", err), listener.Close())
	}
	ctx, cancel := context.WithCancel(context.Background())
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return // closed
			}
			serving.Go(func() { s.sendBackup(ctx, conn, base) })
		}
	})
	s.onStop(func(context.Context) error {
		cancel()
		err := listener.Close()
		serving.Wait()
		return err
	})
	return nil
}

func (s *Server) sendBackup(ctx context.Context, conn net.Conn, base store.Store) {
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Now()) })
	defer stop()
	if err := store.Backup(ctx, base, conn); err != nil {
		s.log.Error("a backup was not finished", "error", err)
	}
}

// Backup writes the whole state of a data directory: asked of its running server, or read from the directory when none
// runs. What is secret in it is sealed under the root key, which is not in it.
func Backup(ctx context.Context, c Config, w io.Writer) error {
	if err := c.complete(); err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(c.DataDir, "root.key")); err != nil && c.Etcd == nil {
		if _, err := os.Stat(filepath.Join(c.DataDir, "etcd")); err != nil {
			return fmt.Errorf("back up %s: there is no state in it", c.DataDir)
		}
	}
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "unix", filepath.Join(c.DataDir, controlSocket))
	if err == nil {
		defer conn.Close()
		if err := store.Complete(io.TeeReader(conn, w)); err != nil { // one that cannot go on just closes the connection
			return fmt.Errorf("read the backup of the running server: %w", err)
		}
		return nil
	}
	s, err := openStore(ctx, &c)
	if err != nil {
		return err
	}
	return errors.Join(store.Backup(ctx, s, w), s.Close())
}

// Restore makes the state of a backup in a data directory that has none, or half of one.
func Restore(ctx context.Context, c Config, r io.Reader) error {
	if err := c.complete(); err != nil {
		return err
	}
	_, missing := os.Stat(filepath.Join(c.DataDir, "etcd"))
	s, err := dialStore(ctx, &c)
	if err != nil {
		return err
	}
	if c.Etcd == nil && missing == nil {
		if free, err := restorable(ctx, s); err != nil || !free {
			if err == nil {
				err = fmt.Errorf("restore into %s: there is a state already; name a new directory", c.DataDir)
			}
			return errors.Join(err, s.Close())
		}
	}
	if err := errors.Join(store.Restore(ctx, s, r), s.Close()); err != nil {
		if c.Etcd == nil {
			return errors.Join(err, os.RemoveAll(filepath.Join(c.DataDir, "etcd"))) // half a state is none
		}
		return err
	}
	return nil
}

// restorable reports whether nothing is in a store but what an interrupted restore has left.
func restorable(ctx context.Context, s store.Store) (bool, error) {
	switch err := store.Whole(ctx, s); {
	case errors.Is(err, store.ErrHalf):
		return true, nil
	case err != nil:
		return false, err
	}
	page, err := s.List(ctx, store.Range{Limit: 1, KeysOnly: true})
	return err == nil && len(page.Items) == 0, err
}
