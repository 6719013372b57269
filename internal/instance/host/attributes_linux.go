package host

import "syscall"

// attributes keep a terminal's Ctrl-C from the child, which is ended by us, and have the kernel end it when we are killed.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
