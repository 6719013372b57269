package chaos_test

import (
	"fmt"
	"os"
	"strings"
	"time"
)

// watchMemory notes the most memory that the program has had, until it ends. What the system tells of one that has ended (ru_maxrss, getrusage(2))
// counts that of the process which has started it.
func (p *process) watchMemory() {
	for {
		if kib := residentPeak(p.cmd.Process.Pid); kib > p.peak.Load() {
			p.peak.Store(kib)
		}
		select {
		case <-p.ended:
			return
		case <-time.After(4 * poll):
		}
	}
}

// residentPeak is a process's VmHWM (proc(5)) in KiB, 0 when it is gone.
func residentPeak(pid int) (kib int64) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	if _, err := fmt.Sscan(rest, &kib); err != nil {
		return 0
	}
	return kib
}
