package e2e

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/testkit"
)

// command runs the binary to its end.
func (s *stage) command(args ...string) (code int, stdout, stderr string) {
	s.t.Helper()
	path, err := binary(s.t)
	require.NoError(s.t, err)
	cmd := exec.Command(path, args...)
	cmd.Dir = s.t.TempDir()
	cmd.Env = append(testkit.CleanEnvironment(), s.env...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	_ = cmd.Run()
	return cmd.ProcessState.ExitCode(), out.String(), errs.String()
}

const csvHeader = "sale_key,sale_name,starts_at,ends_at,hold_seconds,sku,title,price,currency,stock,limit_per_buyer\n"

// thousandItems writes ten sales of a hundred items.
func thousandItems(t *testing.T) string {
	var b bytes.Buffer
	b.WriteString(csvHeader)
	for s := range 10 {
		for i := range 100 {
			fmt.Fprintf(&b, "sale-%d,Sale %d,2060-01-01T00:00:00Z,2060-01-31T00:00:00Z,600,sku-%d,Item %d,%d,CNY,%d,2\n",
				s, s, i, i, 100+i, 1000+i)
		}
	}
	name := filepath.Join(t.TempDir(), "sales.csv")
	require.NoError(t, os.WriteFile(name, b.Bytes(), 0o600))
	return name
}

func TestPreloadOfAThousandItemsTwiceChangesNothing(t *testing.T) {
	t.Parallel()
	for mode, make := range bothModes {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			s := make(t)
			file := thousandItems(t)
			url := "--url=" + s.url(0)

			code, out, progress := s.command("preload", file, url)
			require.Equal(t, 0, code, "%s%s", out, progress)
			require.Contains(t, out, "10 sales with 1000 items: 10 created, 10 loaded, 0 as they were")
			require.Empty(t, progress, "a progress bar where nobody looks on")
			_, before, _ := s.command("audit", url, "--json")

			code, out, progress = s.command("preload", file, url)
			require.Equal(t, 0, code, "%s%s", out, progress)
			require.Contains(t, out, "0 created, 0 loaded, 10 as they were")
			code, after, _ := s.command("audit", url)
			require.Equal(t, 0, code)
			require.Contains(t, after, "conserved")
			_, afterJSON, _ := s.command("audit", url, "--json")
			require.Equal(t, withoutTimes(before), withoutTimes(afterJSON))
		})
	}
}

func TestPreloadWithOneBadRowLoadsNothing(t *testing.T) {
	t.Parallel()
	s := embedded(t)
	name := filepath.Join(t.TempDir(), "sales.csv")
	require.NoError(t, os.WriteFile(name, []byte(csvHeader+
		"d11,Day,2060-01-01T00:00:00Z,2060-01-31T00:00:00Z,600,phone-1,Phone,19900,CNY,10,1\n"+
		"d11,Day,2060-01-01T00:00:00Z,2060-01-31T00:00:00Z,600,phone-2,Phone,-5,CNY,10,1\n"), 0o600))
	code, _, errs := s.command("preload", name, "--url="+s.url(0))
	require.Equal(t, 1, code)
	require.Contains(t, errs, "row 3: price: must be")
	require.Contains(t, errs, "nothing was loaded")
	_, out, _ := s.command("audit", "--url="+s.url(0))
	require.Contains(t, out, "no sale is loaded")
}

var auditTime = regexp.MustCompile(`"at":"[^"]*"`)

// withoutTimes drops when an audit was taken.
func withoutTimes(audits string) string { return auditTime.ReplaceAllString(audits, "") }

// The example sale opens some seconds after it is loaded, whenever that is.
func TestPreloadOfTheExampleFileTwiceChangesNothing(t *testing.T) {
	t.Parallel()
	s := embedded(t)
	file, err := filepath.Abs(repository + "/configs/example-sale.yaml")
	require.NoError(t, err)
	code, out, errs := s.command("preload", file, "--url="+s.url(0))
	require.Equal(t, 0, code, "%s%s", out, errs)
	require.Contains(t, out, "1 created, 1 loaded, 0 as they were")
	code, out, errs = s.command("preload", file, "--url="+s.url(0))
	require.Equal(t, 0, code, "%s%s", out, errs)
	require.Contains(t, out, "0 created, 0 loaded, 1 as they were")
}
