package chaos

import (
	"os/exec"
	"strings"
)

// version tells which commit the program was built from, "unknown" where git
// cannot say.
func version() string {
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
