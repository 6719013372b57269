package serve_test

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	dms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	"github.com/aws/aws-sdk-go-v2/service/databasemigrationservice/types"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/whimbreldb/whimbrel/internal/servertest"
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

// watch runs the program on a terminal of its own, of a size that nobody has told.
func (s *server) watch(t *testing.T, args ...string) (keyboard *os.File, shown *output, cmd *exec.Cmd) {
	t.Helper()
	return s.watchSized(t, 0, 0, args...)
}

// resize makes a terminal as large as that.
func resize(t *testing.T, screen *os.File, rows, columns uint16) {
	t.Helper()
	require.NoError(t, unix.IoctlSetWinsize(int(screen.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: rows, Col: columns}))
}

func (s *server) watchSized(t *testing.T, rows, columns uint16, args ...string) (keyboard *os.File, shown *output, cmd *exec.Cmd) {
	t.Helper()
	path, err := servertest.Program()
	require.NoError(t, err)
	screen, program := terminal(t)
	resize(t, screen, rows, columns)
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

// TestStatusOnASmallTerminal looks at more tasks than a terminal has lines: the picture holds those that find room and counts the rest, no line
// wraps, nothing scrolls, and a terminal that is made larger shows all.
func TestStatusOnASmallTerminal(t *testing.T) {
	t.Parallel()
	s := first(t, "--dms-roles")
	source, target := postgresShop(t), mariadbShop(t)
	api, m := s.ends(t, "many", source.input(t), target.input(t))
	const tasks = 12
	for i := range tasks {
		_, err := api.CreateReplicationTask(t.Context(), &dms.CreateReplicationTaskInput{
			ReplicationTaskIdentifier: aws.String(fmt.Sprintf("task-%02d", i)), SourceEndpointArn: &m.source, TargetEndpointArn: &m.target, ReplicationInstanceArn: &m.instance,
			MigrationType: types.MigrationTypeValueFullLoad, TableMappings: aws.String(mappings("public", "")),
		})
		require.NoError(t, err)
	}
	keyboard, shown, cmd := s.watchSized(t, 8, 40, "status", "--interval", "50ms")
	pictures := func() []string {
		all := strings.Split(shown.String(), "\x1b[H")
		return all[1:max(len(all)-1, 1)] // the last may be under way
	}
	lines := func(picture string) []string {
		return strings.Split(strings.TrimSuffix(strings.TrimSuffix(picture, "\x1b[J"), "\x1b[K\r\n"), "\x1b[K\r\n")
	}
	require.Eventually(t, func() bool { return len(pictures()) > 2 }, patient, 20*time.Millisecond, s.log)
	for _, picture := range pictures() {
		all := lines(picture)
		require.Len(t, all, 7, "%q", picture)
		for _, line := range all {
			require.LessOrEqual(t, utf8.RuneCountInString(line), 40, line)
		}
		require.Contains(t, all[5], "task-04")
		require.Contains(t, all[6], "… and 7 more")
	}
	resize(t, keyboard, 24, 120)
	require.Eventually(t, func() bool {
		all := pictures()
		return len(lines(all[len(all)-1])) == 1+tasks
	}, patient, 20*time.Millisecond)
	_, err := keyboard.WriteString("\x03")
	require.NoError(t, err)
	require.NoError(t, cmd.Wait())
	s.stop(t)
}
