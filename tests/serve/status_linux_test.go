package serve_test

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/databasemigrationservice/types"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// terminal opens a pair of a terminal: what its keyboard and screen are, and what a program has of it.
func terminal(t *testing.T) (screen, program *os.File) {
	t.Helper()
	screen, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	require.NoError(t, err)
	t.Cleanup(func() { _ = screen.Close() })
	require.NoError(t, unix.IoctlSetPointerInt(int(screen.Fd()), unix.TIOCSPTLCK, 0))
	number, err := unix.IoctlGetInt(int(screen.Fd()), unix.TIOCGPTN)
	require.NoError(t, err)
	program, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	require.NoError(t, err)
	return screen, program
}

// watch runs the program on a terminal of its own.
func (s *server) watch(t *testing.T, args ...string) (keyboard *os.File, shown *output, cmd *exec.Cmd) {
	t.Helper()
	path, err := built()
	require.NoError(t, err)
	screen, program := terminal(t)
	cmd = exec.CommandContext(t.Context(), path, args...)
	cmd.Env = s.env()
	cmd.Stdin, cmd.Stdout, cmd.Stderr = program, program, program
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	require.NoError(t, cmd.Start())
	require.NoError(t, program.Close()) // the child has its own
	shown = &output{grew: make(chan struct{}, 1)}
	go func() { // ends with the terminal
		for piece := make([]byte, 4096); ; {
			n, err := screen.Read(piece)
			_, _ = shown.Write(piece[:n])
			if err != nil {
				return
			}
		}
	}()
	return screen, shown, cmd
}

// TestStatusOnATerminal looks at a task on a terminal: the picture is painted over the one before and shows what has changed, and Ctrl-C ends it
// cleanly, in between two pictures and in the midst of a call.
func TestStatusOnATerminal(t *testing.T) {
	t.Parallel()
	s := first(t, "--dms-roles")
	source, target := postgresShop(t), mariadbShop(t)
	source.stock(t, 100)
	s.replicate(t, "live", source, target, types.MigrationTypeValueFullLoadAndCdc, mappings("public", target.name))
	arrives(t, source, target, "")

	keyboard, shown, cmd := s.watch(t, "status", "--interval", "100ms")
	sees := func(pattern string) {
		t.Helper()
		picture := regexp.MustCompile(`\x1b\[H` + pattern + `[^\n]*\n\x1b\[J`)
		require.Eventually(t, func() bool { return picture.MatchString(shown.String()) }, patient, 20*time.Millisecond, "%q\n%s", pattern, s.log)
	}
	const head = `task +status +load +tables +rows +changes +waiting +lag\x1b\[K\r\n`
	sees(head + `live +running +100% +2 of 2 +200 +0 +0 +\d+\.\d s\x1b\[K\r`)
	source.trade(t, 10001, 10)
	arrives(t, source, target, "")
	sees(head + `live +running +100% +2 of 2 +200 +[1-9]\d* +0 +\d+\.\d s\x1b\[K\r`)
	ends := func() {
		t.Helper()
		_, err := keyboard.WriteString("\x03")
		require.NoError(t, err)
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		select {
		case err := <-ended:
			require.NoError(t, err, shown)
		case <-time.After(patient):
			t.Fatal("Ctrl-C does not end it")
		}
		require.NotContains(t, shown.String(), "whimbrel:")
		require.NotContains(t, shown.String(), "canceled")
	}
	ends()
	for range 5 {
		keyboard, shown, cmd = s.watch(t, "status", "--interval", "1ns")
		sees(head + `live +running[^\n]*\x1b\[K\r`)
		ends()
	}
	s.stop(t)
}
