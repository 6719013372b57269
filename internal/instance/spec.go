package instance

// A Spec is how an instance is to run.
type Spec struct {
	ID string // the ARN's resource part
	// Class is a name; Processors and Memory (bytes) are its. The process gets no more than the machine has.
	Class      string
	Processors int
	Memory     int64
	// Boot counts reboots.
	Boot int64
}

// Phase is how the process of an instance is.
type Phase string

// The phases.
const (
	Absent   Phase = ""         // it is not wanted
	Starting Phase = "starting" // it does not answer yet
	Up       Phase = "up"
	Down     Phase = "down" // it has ended by itself and is about to be started again
)

// State is the phase with what led to it.
type State struct {
	Phase Phase
	Boot  int64 // of the process that is up
	// Failure is how it ended last, for a person.
	Failure string
	// Deaths counts the times that it has ended by itself.
	Deaths int64
}
