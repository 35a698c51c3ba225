package testkit

import (
	"os"
	"os/exec"
	"testing"
)

// Chromium tells the path of a Chromium or Chrome: $SECKILL_TEST_CHROMIUM, else
// the one in the PATH.
func Chromium(t testing.TB) string {
	t.Helper()
	if path := os.Getenv(envChromium); path != "" {
		return path
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	unavailable(t, "needs a browser: run `scripts/tools.sh`")
	return ""
}
