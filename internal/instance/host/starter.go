package host

import (
	"os/exec"
	"runtime"
	"sync"
)

// starter starts children from one thread that lasts as long as they do: on Linux the kernel ends a child when the thread
// that started it ends (PR_SET_PDEATHSIG), and Go's threads may end before the process does.
type starter struct {
	work chan func()
	once sync.Once
}

func newStarter() *starter {
	s := &starter{work: make(chan func())}
	go func() { // ends with close
		runtime.LockOSThread() // never unlocked: the thread ends with this function
		for f := range s.work {
			f()
		}
	}()
	return s
}

func (s *starter) start(cmd *exec.Cmd) error {
	done := make(chan error)
	s.work <- func() { done <- cmd.Start() }
	return <-done
}

// close is called when no child is left.
func (s *starter) close() { s.once.Do(func() { close(s.work) }) }
