package operator

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"testing"

	"github.com/stretchr/testify/require"
)

// Names, keys and reasons are chosen by buyers, and an operator opens them in a
// spreadsheet that may separate cells by semicolons or tabs.
func TestNoCellOfAnExportIsAFormula(t *testing.T) {
	for in, want := range map[string]string{
		"":              "",
		"alice":         "alice",
		"a-b@c.example": "a-b@c.example",
		"=1+1":          "'=1+1",
		"  =1":          "  '=1",
		"x;=cmd()":      "x;'=cmd()",
		"x\t+1":         "x\t'+1",
		"x, -1":         "x, '-1",
		"x\n@SUM(A1)":   "x\n'@SUM(A1)",
		"x\r＝1":         "x\r'＝1",
		"\t=1":          "'\t'=1",
		"\"=1":          "\"'=1",
		"x;\"=1":        "x;\"'=1",
		"a=b":           "a=b",
		"'=1":           "'=1",
	} {
		require.Equal(t, want, withoutFormulas(in), "%q", in)
	}
}

func TestEveryFieldOfAnExportIsQuoted(t *testing.T) {
	var out bytes.Buffer
	w := csvWriter{bufio.NewWriter(&out)}
	w.row([]string{"a", "b;c", `say "x"`, "", "two\nlines"})
	require.NoError(t, w.Flush())
	require.Equal(t, "\"a\",\"b;c\",\"say \"\"x\"\"\",\"\",\"two\nlines\"\r\n", out.String())
	rows, err := csv.NewReader(&out).ReadAll()
	require.NoError(t, err)
	require.Equal(t, [][]string{{"a", "b;c", `say "x"`, "", "two\nlines"}}, rows)
}
