package testkit

import (
	"os/exec"
	"syscall"
)

// EndWithParent keeps a process that is about to be started from outliving a
// test that is killed.
func EndWithParent(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
