package host

import (
	"bufio"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/instance"
	"github.com/whimbreldb/whimbrel/internal/servertest"
)

func alive(pid int) bool { return !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) }

// startServer starts a server in a process of its own and returns it with the process of its instance.
func startServer(t *testing.T, dir string) (server *exec.Cmd, child int) {
	t.Helper()
	server = exec.CommandContext(t.Context(), os.Args[0], "server", dir)
	input, err := server.StdinPipe()
	require.NoError(t, err)
	t.Cleanup(func() { _ = input.Close() })
	output, err := server.StdoutPipe()
	require.NoError(t, err)
	server.Stderr = os.Stderr
	require.NoError(t, server.Start())
	line, err := bufio.NewReader(output).ReadString('\n')
	require.NoError(t, err)
	child, err = strconv.Atoi(strings.TrimSpace(strings.TrimPrefix(line, "up ")))
	require.NoError(t, err)
	return server, child
}

func TestChildrenEndWithTheirServer(t *testing.T) {
	dir := t.TempDir()
	server, child := startServer(t, dir)
	require.True(t, alive(child))
	require.NoError(t, server.Process.Kill())
	_ = server.Wait() // killed
	await(t, "the child is gone", func() bool { return !alive(child) })

	// The next server's child has the directory.
	server, child = startServer(t, dir)
	require.True(t, alive(child))
	require.NoError(t, server.Process.Kill())
	_ = server.Wait()
	await(t, "the child is gone", func() bool { return !alive(child) })
}

// TestChildSeesItsServerGo is what holds where the kernel does not end children: the child sees its input close.
func TestChildSeesItsServerGo(t *testing.T) {
	dir := t.TempDir()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "instance", "--dir", dir)
	input, err := cmd.StdinPipe()
	require.NoError(t, err)
	output, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	line, err := bufio.NewReader(output).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, Ready+"\n", line)

	// A second one waits until the first has let go.
	second := exec.CommandContext(t.Context(), os.Args[0], "instance", "--dir", dir)
	keepOpen, err := second.StdinPipe()
	require.NoError(t, err)
	heard, err := second.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, second.Start())
	ready := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(heard).ReadString('\n')
		ready <- line
	}()
	select {
	case <-ready:
		t.Fatal("two processes have one directory")
	case <-time.After(300 * time.Millisecond):
	}
	require.NoError(t, input.Close())
	_, _ = io.Copy(io.Discard, output)
	require.NoError(t, cmd.Wait())
	require.Equal(t, Ready+"\n", <-ready)
	require.NoError(t, keepOpen.Close())
	require.NoError(t, second.Wait())
}

func TestADeathIsNoticedAndToldWithItsReason(t *testing.T) {
	source, target := postgres(t), postgres(t)
	h := newHost(t, Config{})
	h.Want(small("I1"))
	awaitUp(t, h, "I1")
	deadly := newTask("T1", "full-load", source, target)
	deadly.Source.URL = "deadly:x"
	require.NoError(t, h.Client("I1").Start(t.Context(), deadly))
	await(t, "the death is noticed", func() bool { return h.State("I1").Deaths == 1 })
	require.Contains(t, h.State("I1").Failure, "panic: nobody can catch this")
	awaitUp(t, h, "I1")
	servertest.Exec(t, source.db, "CREATE TABLE a (id int PRIMARY KEY)", "INSERT INTO a VALUES (1)")
	require.NoError(t, h.Client("I1").Start(t.Context(), newTask("T2", "full-load", source, target)))
	require.Equal(t, "FULL_LOAD_ONLY_FINISHED", awaitEnd(t, h, "I1", "T2").StopReason)
}

func TestAProcessThatDoesNotAnswerIsReplaced(t *testing.T) {
	h := newHost(t, Config{AnswerWithin: 5 * time.Second})
	h.Want(small("I1"))
	awaitUp(t, h, "I1")
	first := h.pid("I1")
	require.NoError(t, syscall.Kill(first, syscall.SIGSTOP))
	await(t, "the silence is noticed", func() bool { return strings.Contains(h.State("I1").Failure, "has not answered") })
	awaitUp(t, h, "I1")
	require.NotEqual(t, first, h.pid("I1"))
}

func TestAProcessThatCannotStartIsTriedAgain(t *testing.T) {
	dir := t.TempDir()
	h := newHost(t, Config{Dir: dir, FirstWait: 10 * time.Millisecond, LongestWait: 50 * time.Millisecond})
	blocked := filepath.Join(dir, "I1", "tasks")
	require.NoError(t, os.MkdirAll(filepath.Dir(blocked), 0o700))
	require.NoError(t, os.WriteFile(blocked, nil, 0o600)) // where a directory should be
	h.Want(small("I1"))
	await(t, "it dies again and again", func() bool { return h.State("I1").Deaths >= 3 })
	require.Contains(t, h.State("I1").Failure, "list the tasks")
	require.NoError(t, os.Remove(blocked))
	awaitUp(t, h, "I1")
}

func TestUnwantedInstancesLeaveNothing(t *testing.T) {
	dir := t.TempDir()
	h := newHost(t, Config{Dir: dir})
	h.Want(small("I1"))
	h.Want(small("I2"))
	awaitUp(t, h, "I1")
	awaitUp(t, h, "I2")
	one, two := h.pid("I1"), h.pid("I2")
	require.NoError(t, h.Unwant(t.Context(), "I1"))
	require.NoError(t, h.Unwant(t.Context(), "I1"), "twice")
	require.False(t, alive(one))
	require.True(t, alive(two))
	require.NoDirExists(t, filepath.Join(dir, "I1"))
	require.Equal(t, instance.State{}, h.State("I1"))
	require.ErrorIs(t, h.Client("I1").Stop(t.Context(), "T1"), instance.ErrDown)
	require.Error(t, h.Unwant(t.Context(), "../x"))
}

func TestSocketsInDeepDirectories(t *testing.T) {
	deep := filepath.Join(t.TempDir(), strings.Repeat("d", 60), strings.Repeat("e", 60))
	h := newHost(t, Config{Dir: deep})
	h.Want(small("I1"))
	awaitUp(t, h, "I1")
	_, _, err := h.Client("I1").Tasks(t.Context(), 0)
	require.NoError(t, err)
	info, err := os.Stat(filepath.Join(deep, "I1"))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o700), info.Mode().Perm())
	info, err = os.Stat(filepath.Join(deep, "I1", "socket"))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
}
