package serve_test

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	dms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	"github.com/aws/aws-sdk-go-v2/service/databasemigrationservice/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// children lists the processes of replication instances that a server has.
func children(t testing.TB, parent int) []int {
	t.Helper()
	entries, err := filepath.Glob("/proc/[0-9]*/stat")
	require.NoError(t, err)
	var all []int
	for _, e := range entries {
		text, err := os.ReadFile(e)
		if err != nil {
			continue // it has ended
		}
		fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
		if len(fields) > 1 && fields[1] == strconv.Itoa(parent) {
			pid, err := strconv.Atoi(filepath.Base(filepath.Dir(e)))
			require.NoError(t, err)
			all = append(all, pid)
		}
	}
	return all
}

// killRounds is how often the task of each of the two pairs is killed; WHIMBREL_KILL_ROUNDS asks for more.
func killRounds(t testing.TB) int {
	t.Helper()
	text := os.Getenv("WHIMBREL_KILL_ROUNDS")
	if text == "" {
		return 3
	}
	rounds, err := strconv.Atoi(text)
	require.NoError(t, err)
	return rounds
}

// TestKilledAtAnyMoment kills the server, the instance and both at random moments while a task loads and follows: it goes on without a person, and the
// API tells the truth.
func TestKilledAtAnyMoment(t *testing.T) {
	for name, pair := range map[string]struct {
		source, target func(testing.TB) *shop
		mapped         func(source, target *shop) string
	}{
		"PostgreSQL to MariaDB": {postgresShop, mariadbShop, func(_, target *shop) string { return mappings("public", target.name) }},
		"MariaDB to PostgreSQL": {mariadbShop, postgresShop, func(source, _ *shop) string { return mappings(source.name, "public") }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			killed(t, pair.source(t), pair.target(t), pair.mapped)
		})
	}
}

func killed(t *testing.T, source, target *shop, mapped func(source, target *shop) string) {
	s := first(t, "--dms-roles")
	source.stock(t, 5000)
	api, m := s.replicate(t, "kill", source, target, types.MigrationTypeValueFullLoadAndCdc, mapped(source, target))
	seed := uint64(time.Now().UnixNano())
	random := rand.New(rand.NewPCG(seed, 0))
	t.Log("seed", seed)
	victims, next := map[string]int{}, 10001
	trade := func() {
		source.trade(t, next, 10)
		next += 10
	}
	for range killRounds(t) {
		trade()
		time.Sleep(time.Duration(random.IntN(800)) * time.Millisecond) //nolint:forbidigo // any moment will do, but not the same one
		pids := children(t, s.cmd.Process.Pid)
		victim := []string{"instance", "server", "both"}[random.IntN(3)]
		if len(pids) == 0 {
			victim = "server" // the instance has not come back yet: its server dies while it is about that
		}
		victims[victim]++
		if victim != "server" {
			require.NoError(t, syscall.Kill(pids[0], syscall.SIGKILL))
		}
		if victim != "instance" {
			s.kill()
			for _, pid := range pids {
				require.Eventually(t, func() bool { return syscall.Kill(pid, 0) != nil }, patient, 20*time.Millisecond, "the instance outlives its server")
			}
			s = start(t, s.dir)
			api = dms.NewFromConfig(s.sdk(t))
		}
		trade()
		status := s.taskOf(t, api, m).status()
		require.Contains(t, []string{"running", "starting"}, status, "after the %s was killed", victim)
		if random.IntN(3) == 0 { // otherwise the next kill comes while it still catches up
			arrives(t, source, target, "")
		}
	}
	t.Log("killed", victims)
	arrives(t, source, target, "")
	require.EventuallyWithT(t, func(c *assert.CollectT) { assert.Equal(c, "running", s.taskOf(t, api, m).status()) }, patient, 100*time.Millisecond)
	_, err := api.StopReplicationTask(t.Context(), &dms.StopReplicationTaskInput{ReplicationTaskArn: &m.task})
	require.NoError(t, err)
	require.EventuallyWithT(t, func(c *assert.CollectT) { assert.Equal(c, "stopped", s.taskOf(t, api, m).status()) }, patient, 100*time.Millisecond)
	source.trade(t, next, 5)
	_, err = api.StartReplicationTask(t.Context(), &dms.StartReplicationTaskInput{ReplicationTaskArn: &m.task, StartReplicationTaskType: types.StartReplicationTaskTypeValueResumeProcessing})
	require.NoError(t, err)
	arrives(t, source, target, "")
}
