package testkit

import (
	"os/exec"
	"strings"
)

// Commit tells which commit the program is built from, "unknown" where git cannot say.
func Commit() string {
	commit, err := exec.Command("git", "rev-parse", "--short=12", "HEAD").Output()
	if err != nil {
		return "unknown"
	}
	v := strings.TrimSpace(string(commit))
	if changes, err := exec.Command("git", "status", "--porcelain").Output(); err != nil || len(changes) > 0 {
		v += " with changes"
	}
	return v
}
