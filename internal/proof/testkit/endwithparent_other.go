//go:build !linux

package testkit

import "os/exec"

// EndWithParent does nothing where the system cannot.
func EndWithParent(*exec.Cmd) {}
