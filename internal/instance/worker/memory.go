package worker

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"

	"github.com/KimMachineGun/automemlimit/memlimit"

	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/settings"
	"github.com/whimbreldb/whimbrel/internal/task"
)

// What tasks need, in bytes: see package change for the sizes of batches and groups.
const (
	processNeed = 64 << 20 // before any task runs
	workerNeed  = 12 << 20 // each segment that is loaded: three batches, and what the drivers hold
	changesNeed = 96 << 20 // of changes: three groups of an eighth, each with its net effect
	leastNeed   = 12 << 20 // of a task that comes when all is given out
)

// bound keeps the process within its processors and memory, and those of the machine. It returns the memory there is.
func bound(processors int, memory int64) int64 {
	if here := runtime.GOMAXPROCS(0); processors <= 0 || processors > here {
		processors = here
	}
	runtime.GOMAXPROCS(processors)
	memory = boundedBy(memory, memlimit.FromCgroup, memlimit.FromSystem)
	if memory > 0 {
		debug.SetMemoryLimit(memory - uncounted(memory))
	}
	return memory
}

// uncounted is left to what Go does not count: a tenth, in a small class as much as the program itself takes.
func uncounted(memory int64) int64 { return max(memory/10, min(memory/4, processNeed)) }

func boundedBy(memory int64, limits ...func() (uint64, error)) int64 {
	for _, limit := range limits {
		if n, err := limit(); err == nil && n > 0 && (memory <= 0 || n < uint64(memory)) {
			memory = int64(min(n, 1<<62))
		}
	}
	return memory
}

// budget gives out the instance's memory to tasks: each gets what it asks for as long as half of what is left covers it,
// so that there is always something for the next.
type budget struct {
	whole int64
	mu    struct {
		sync.Mutex
		given int64
	}
}

func newBudget(memory int64) *budget {
	return &budget{whole: max(memory/4*3-processNeed, leastNeed)}
}

// take returns the share of a task that asks for want.
func (b *budget) take(want int64) int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	share := max(min(want, (b.whole-b.mu.given)/2), leastNeed)
	b.mu.given += share
	return share
}

func (b *budget) give(share int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.mu.given -= share
}

// need is what a task with these settings can make use of.
func need(kind task.Type, s *settings.Settings) int64 {
	var n int64
	if kind != task.Changes {
		n = int64(max(1, s.FullLoadSettings.MaxFullLoadSubTasks)) * workerNeed
	}
	if kind != task.FullLoad {
		n = max(n, min(changesNeed, changesLimit(s)))
	}
	return n
}

// fit keeps a task within its share: fewer segments at once, smaller groups of changes.
func fit(s *settings.Settings, share int64) {
	s.FullLoadSettings.MaxFullLoadSubTasks = min(s.FullLoadSettings.MaxFullLoadSubTasks, int(max(1, share/workerNeed)))
	s.ChangeProcessingTuning.MemoryLimitTotal = int(min(changesLimit(s), share) >> 20)
}

// copies is how often a single value is in memory: as it was read, as a change or in a batch, in what that comes to, in the statement.
const copies = 4

// largest bounds values by what an instance of this class and memory can hold at all.
func largest(class string, memory int64) connector.Largest {
	if memory <= 0 {
		return connector.Largest{}
	}
	most := memory / copies
	return connector.Largest{
		Bytes: int(most),
		Why:   fmt.Sprintf("a replication instance of class %s, which has %d MiB here, can hold values of %d bytes at the most", class, memory>>20, most),
		Remedy: "give the instance a class with more memory (aws dms modify-replication-instance --replication-instance-class … --apply-immediately), on a machine that has it, " +
			"or leave the column out by a remove-column rule of the table mappings; then " + goOn + ", or reload the table",
	}
}

// changesLimit is MemoryLimitTotal, where 0 sets no limit.
func changesLimit(s *settings.Settings) int64 {
	if s.ChangeProcessingTuning.MemoryLimitTotal <= 0 {
		return changesNeed
	}
	return int64(s.ChangeProcessingTuning.MemoryLimitTotal) << 20
}
