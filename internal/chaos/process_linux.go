package chaos

import (
	"os/exec"
	"syscall"
)

// endWithParent keeps a process from outliving a test run that is killed.
func endWithParent(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
