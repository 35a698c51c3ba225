package main

import (
	"errors"
	"io"
	"net"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Whoever mistypes a command is told in one line what is wrong and what may be meant,
// in words of the command line.
func TestAMistypedCommandIsAnsweredInOneLine(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("SECKILL_ADMIN_TOKEN", "an-admin-token-of-32-bytes-or-more!")
	nobody := "--url=" + unusedURL(t)
	unknown := filepath.Join(t.TempDir(), "c.yaml")
	for _, c := range []struct {
		args []string
		want string
		code int
	}{
		{[]string{"preload"}, "preload needs a FILE", exitFailed},
		{[]string{"token"}, "token needs a BUYER", exitFailed},
		{[]string{"dead-letters", "show"}, "show needs an ID", exitFailed},
		{[]string{"preload", "a.yaml", "b.yaml"}, `"b.yaml" is one too many`, exitFailed},
		{[]string{"serve", "now"}, `serve takes no arguments, not "now"`, exitFailed},
		{[]string{"prelod"}, `did you mean "preload"?`, exitFailed},
		{[]string{"dead-letters", "lst"}, `did you mean "list"?`, exitFailed},
		{[]string{"refunds"}, "seckill refunds needs a command: list, retry", exitFailed},
		{[]string{"serve", "--htpp.addr=:1"}, `did you mean "http.addr"?`, exitFailed},
		{[]string{"serve", "-z"}, "-z is not a flag of seckill serve", exitFailed},
		{[]string{"bench", "--rate", "fast"}, `--rate: "fast" is not a number`, exitFailed},
		{[]string{"bench", "-d", "5"}, `--duration: "5" is not a duration with a unit`, exitFailed},
		{[]string{"bench", "-c", "1.5"}, `--connections: "1.5" is not a whole number`, exitFailed},
		{[]string{"preload", "missing.yaml", nobody}, "missing.yaml: no such file", exitFailed},
		{[]string{"serve", "--config", unknown}, "no such file", exitFailed},
		{[]string{"audit", "double-eleven", nobody}, `"double-eleven" is not a sale's id`, exitFailed},
		{[]string{"audit", "7", nobody}, "is it running?", exitFailed},
		{[]string{"dead-letters", "list", nobody}, "Start it with `seckill serve`, or name another with --url.", exitFailed},
		{[]string{"migrate"}, "SECKILL_MYSQL_DSN", exitFailed},
		{[]string{"checkconfig", "--mode=real"}, "mode: must be embedded or external", exitNo},
	} {
		t.Run(strings.Join(c.args, " "), func(t *testing.T) {
			err := execute(t, c.args...)
			require.ErrorContains(t, err, c.want)
			require.Equal(t, c.code, exitCode(err))
			require.NotContains(t, err.Error(), "\n")
			for _, inside := range []string{"strconv", "dial tcp", "cobra", "main.", "config."} {
				require.NotContains(t, err.Error(), inside)
			}
		})
	}
	made, err := filepath.Glob("*")
	require.NoError(t, err)
	require.Empty(t, made, "none of them makes a file")
}

func TestAnUnknownKeyIsAnsweredWithTheOneThatWasMeant(t *testing.T) {
	t.Setenv("SECKILL_HTPP_ADDR", "127.0.0.1:0")
	require.ErrorContains(t, execute(t, "checkconfig"), `did you mean "SECKILL_HTTP_ADDR"?`)
}

// A server that says no has answered; one that cannot say has not.
func TestTheSameKindOfErrorHasTheSameExitCode(t *testing.T) {
	for status, code := range map[int]int{400: exitNo, 404: exitNo, 409: exitNo, 410: exitNo, 422: exitNo,
		401: exitFailed, 403: exitFailed, 429: exitFailed, 500: exitFailed, 503: exitFailed} {
		require.Equal(t, code, exitCode(errors.Join(&problem{Status: status})), "%d", status)
	}
	require.Equal(t, exitFailed, exitCode(couldNotTell(&problem{Status: 404})), "no audit's answer")
}

func TestTheVersionNamesCommitAndDate(t *testing.T) {
	require.Equal(t, "seckill v1.2.3, commit 0123456789ab with changes of 2026-11-11T12:00:00Z (go1.26)",
		build{Version: "v1.2.3", Revision: "0123456789abcdef", Time: "2026-11-11T12:00:00Z", Modified: true, Go: "go1.26"}.String())
	require.Contains(t, build{Go: "go1.26"}.String(), "commit unknown")
	var out strings.Builder
	root := rootCommand()
	root.SetArgs([]string{"--version"})
	root.SetOut(&out)
	require.NoError(t, root.Execute())
	require.Equal(t, thisBuild().String()+"\n", out.String())
}

func execute(t *testing.T, args ...string) error {
	root := rootCommand()
	root.SetArgs(args)
	root.SetOut(io.Discard)
	root.SetErr(io.Discard)
	return root.ExecuteContext(t.Context())
}

// unusedURL is an address at which nobody listens.
func unusedURL(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	return "http://" + l.Addr().String()
}
