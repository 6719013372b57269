//go:build !linux

package host

import "syscall"

// attributes keep a terminal's Ctrl-C from the child, which is ended by us.
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
