package e2e

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/testkit"
)

var shellBlock = regexp.MustCompile("(?ms)^```sh\n(.*?)^```$")

// A newcomer pastes the shell blocks of the page into one terminal, in their order.
// Ports are the only thing that differs here.
func TestTheIntegrationPageLeadsToAPaidOrderAsItStands(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../../docs/integration.md")
	require.NoError(t, err)
	program, err := binary(t)
	require.NoError(t, err)
	bin := t.TempDir()
	require.NoError(t, os.Symlink(program, filepath.Join(bin, "seckill")))

	var script strings.Builder
	// The terminal ends at the first command that fails.
	script.WriteString("set -eu -o pipefail\n")
	blocks := shellBlock.FindAllStringSubmatch(string(page), -1)
	require.Greater(t, len(blocks), 8)
	for i, block := range blocks {
		fmt.Fprintf(&script, "printf '\\n=== block %d\\n'\n%s", i+1, block[1])
	}
	public, shop := fmt.Sprintf("127.0.0.1:%d", testkit.FreePort(t)), fmt.Sprintf("127.0.0.1:%d", testkit.FreePort(t))
	ours := strings.NewReplacer("127.0.0.1:8080", public, "127.0.0.1:9000", shop).Replace(script.String())

	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", "-c", ours)
	cmd.Dir = t.TempDir()
	cmd.Env = append(testkit.CleanEnvironment(), "PATH="+bin+":"+os.Getenv("PATH"), "SECKILL_HTTP_ADDR="+public, "SECKILL_OPS_ADDR=127.0.0.1:0", "SECKILL_RPC_ADDR=127.0.0.1:0", "TMPDIR="+t.TempDir())
	// What the page leaves running when it fails ends with it.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Minute
	log := filepath.Join(t.TempDir(), "terminal")
	terminal, err := os.Create(log)
	require.NoError(t, err)
	defer terminal.Close()
	cmd.Stdout, cmd.Stderr = terminal, terminal
	require.NoError(t, cmd.Start())
	err = cmd.Wait()
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	said, readErr := os.ReadFile(log)
	require.NoError(t, readErr)
	require.NoError(t, err, "the terminal said:\n%s", said)
	require.Contains(t, string(said), `"status":"paid"`)
	require.Contains(t, string(said), "no dead letters")
}
