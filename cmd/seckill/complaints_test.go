package main

import (
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill/payment"
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
		{[]string{"bench", "stok"}, `"stok" is not a command of seckill bench; did you mean "stock"?`, exitFailed},
		{[]string{"refunds"}, "seckill refunds needs a command: list, retry", exitFailed},
		{[]string{"serve", "--htpp.addr=:1"}, `did you mean "--http.addr"?`, exitFailed},
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
		{[]string{"checkconfig", "--config", unknown}, "no such file", exitFailed},
		{[]string{"help", "prelod"}, `"prelod" is not a command of seckill; did you mean "preload"?`, exitFailed},
		{[]string{"help", "refunds", "lst"}, `"lst" is not a command of seckill refunds; did you mean "list"?`, exitFailed},
		{[]string{"token", ""}, `token needs a BUYER of 1 to 64 printable characters, not ""`, exitFailed},
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
	t.Setenv("SECKILL_FOO", "1")
	err := execute(t, "checkconfig")
	require.ErrorContains(t, err, `did you mean "SECKILL_HTTP_ADDR"?`)
	require.Equal(t, 1, strings.Count(err.Error(), "did you mean"), "nothing is near SECKILL_FOO")
}

func TestAClientWithAShortTokenIsNotToldHowAServerStarts(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("SECKILL_ADMIN_TOKEN", "short")
	err := execute(t, "refunds", "list")
	require.ErrorContains(t, err, "admin.token: must be at least 32 bytes; it has to be the server's own")
	require.NotContains(t, err.Error(), "next start")
}

// fullDisk takes nothing.
type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, syscall.ENOSPC }

func TestAnAnswerThatCouldNotBeWrittenIsNone(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile("x.yaml", []byte(file), 0o600))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"refunds":[],"dead_letters":[{"id":"1"}]}`))
	}))
	t.Cleanup(server.Close)
	at := []string{"--url=" + server.URL, "--token=x"}
	for _, args := range [][]string{{"preload", "x.yaml", "--dry-run"}, {"version"}, {"--version"}, {"help"}, {"checkconfig"},
		append(at, "refunds", "list"), append(at, "dead-letters", "list")} {
		if args[0] == at[0] {
			args = append(args[2:], at...)
		}
		err := runCommand(t.Context(), args, fullDisk{})
		require.ErrorContains(t, err, "the answer could not be written: ", args)
		require.ErrorIs(t, err, syscall.ENOSPC)
		require.Equal(t, exitFailed, exitCode(err), args)
	}
}

func TestColumnsStandUnderOneAnotherWhateverTheLetters(t *testing.T) {
	rows := table{right: true}
	rows.row("NAME", "N")
	rows.row("双十一", 1)
	rows.row("Eleven", 22)
	var out strings.Builder
	rows.print(&out)
	require.Equal(t, "  NAME   N\n双十一   1\nEleven  22\n", out.String())
	out.Reset()
	rows.right = false
	rows.print(&out)
	require.Equal(t, "NAME    N\n双十一  1\nEleven  22\n", out.String())
	require.Equal(t, "双十…", shortened("双十一", 5))
	require.Equal(t, "双十一", shortened("双十一", 6))
}

func TestWhatWaitsIsListedForPeopleAndForScripts(t *testing.T) {
	letters := strings.TrimSuffix(strings.Repeat(`{"id":"m","queue":"webhooks"},`, 100), ",")
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/api/v1/admin/dead-letters":
			_, _ = w.Write([]byte(`{"dead_letters":[` + letters + `]}`))
		case r.URL.Query().Get("cursor") == "":
			_, _ = w.Write([]byte(`{"refunds":[{"payment_id":"p-1","amount":19900,"currency":"JPY","last_error":"` + payment.NoRefunder + `"}],"next_cursor":"a b"}`))
		default:
			_, _ = w.Write([]byte(`{"refunds":[{"payment_id":"p-2","amount":5,"currency":"CNY","last_error":"the provider answered 500"}]}`))
		}
	}))
	t.Cleanup(server.Close)
	list := func(of string, options ...string) (string, error) {
		var out strings.Builder
		err := runCommand(t.Context(), append([]string{of, "list", "--url=" + server.URL, "--token=x"}, options...), &out)
		require.Equal(t, exitNo, exitCode(err), "it waits for a person")
		return out.String(), err
	}
	out, err := list("refunds")
	require.Contains(t, out, "19900 JPY")
	require.ErrorContains(t, err, "1 of 2 wait for a person; mend the cause, then: seckill refunds retry --all\n1 of 2 are to be returned by hand")
	out, _ = list("refunds", "--json")
	var ids []string
	for line := range strings.Lines(out) {
		var one struct {
			ID string `json:"payment_id"`
		}
		require.NoError(t, json.Unmarshal([]byte(line), &one))
		ids = append(ids, one.ID)
	}
	require.Equal(t, []string{"p-1", "p-2"}, ids)
	out, err = list("dead-letters", "--json")
	require.Equal(t, 100, strings.Count(out, `{"id":"m","queue":"webhooks"}`+"\n"))
	require.ErrorContains(t, err, "at least 100 dead letters; mend the cause")
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
