package chaos_test

import (
	"bytes"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/servertest"
)

func TestMain(m *testing.M) { servertest.Main(m) }

// process is the program at work.
type process struct {
	cmd         *exec.Cmd
	out, errors output
	began       time.Time
	ended       chan struct{}
	peak        atomic.Int64 // of its memory, in KiB
}

// output gathers what a process prints, and may be read while it runs.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

// String returns what there is.
func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// start runs `whimbrel migrate`.
func start(t testing.TB, source, target *end, flags ...string) *process {
	t.Helper()
	return command(t, source, target, "migrate", append([]string{"--segment-size", "32KiB", "--parallelism", "3"}, flags...)...)
}

// command runs a command of the program.
func command(t testing.TB, source, target *end, name string, flags ...string) *process {
	t.Helper()
	path, err := servertest.Program()
	require.NoError(t, err)
	args := append([]string{name, source.url, target.url}, flags...)
	if source.kind == maria && target.kind == pg {
		args = append(args, "--target-schema", "public")
	}
	if source.plugin != "" {
		args = append(args, "--source-setting", "PluginName="+source.plugin)
	}
	p := &process{cmd: exec.Command(path, args...), began: time.Now(), ended: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = &p.out, &p.errors
	p.cmd.WaitDelay = time.Second
	require.NoError(t, p.cmd.Start())
	go func() {
		defer close(p.ended)
		_ = p.cmd.Wait()
	}()
	go p.watchMemory()
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill()
		<-p.ended
	})
	return p
}

// code waits for the end and returns the exit code, -1 after a signal.
func (p *process) code(t testing.TB, within time.Duration) int {
	t.Helper()
	select {
	case <-p.ended:
	case <-time.After(within):
		require.Fail(t, "the program has not ended", "after %s\n%s", within, p.errors.String())
	}
	return p.cmd.ProcessState.ExitCode()
}

// runs is how long a healthy run may take on a busy machine.
const runs = 90 * time.Second

// poll is how often a state is looked at that cannot be waited for.
const poll = 5 * time.Millisecond

// complete runs the program and requires that it moves everything.
func complete(t testing.TB, source, target *end, flags ...string) *process {
	t.Helper()
	p := start(t, source, target, flags...)
	code := p.code(t, runs)
	require.Zero(t, code, "%s\n%s", p.out.String(), p.errors.String())
	return p
}

// dice are the random numbers of one test.
func dice(t testing.TB) *rand.Rand {
	seed := uint64(time.Now().UnixNano())
	if s := os.Getenv("WHIMBREL_CHAOS_SEED"); s != "" {
		n, err := strconv.ParseUint(s, 10, 64)
		require.NoError(t, err)
		seed = n
	}
	t.Logf("WHIMBREL_CHAOS_SEED=%d", seed)
	return rand.New(rand.NewPCG(seed, 1))
}

// awaitRows waits until some segments are loaded and others are not.
func (p *process) awaitRows(t testing.TB, target *end) {
	t.Helper()
	deadline := time.After(time.Minute)
	tick := time.NewTicker(poll)
	defer tick.Stop()
	for target.phase() != "among the rows" {
		select {
		case <-tick.C:
		case <-p.ended:
			require.Fail(t, "the program ended too early", "%s\n%s", p.out.String(), p.errors.String())
		case <-deadline:
			require.Fail(t, "no rows arrive", "%s", target.phase())
		}
	}
}
