package stocksafety

import (
	"fmt"
	"strings"

	"github.com/seckill-go/seckill/internal/stockload"
)

// markdown is the table of all results.
func markdown(results []stockload.Result) string {
	var b strings.Builder
	b.WriteString("| way | goods | callers | sales/s | p50 ms | p99 ms | retries a sale | deadlocks | lock waits | connection ms a sale | not sold | **oversold** |\n")
	b.WriteString("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n")
	for _, r := range results {
		deadlocks, waits := "—", "—"
		if r.Waits != nil {
			deadlocks, waits = fmt.Sprint(r.Waits.Deadlocks), fmt.Sprint(r.Waits.Locks)
		}
		fmt.Fprintf(&b, "| %s | %d | %d | %.0f | %.1f | %.1f | %.2f | %s | %s | %.1f | %d | **%d** |\n", r.Way, r.Goods, r.Callers,
			r.PerSecond, r.P50, r.P99, r.Retries, deadlocks, waits, r.Connection, r.NotSold(), r.Oversold)
	}
	return b.String()
}

// between replaces what stands between two marks of a text.
func between(text, begin, end, with string) (string, error) {
	before, rest, found := strings.Cut(text, begin)
	_, after, ended := strings.Cut(rest, end)
	if !found || !ended {
		return "", fmt.Errorf("the text has no place between %q and %q", begin, end)
	}
	return before + begin + "\n" + with + end + after, nil
}

func lastLine(text string) string {
	lines := strings.SplitAfter(text, "\n")
	return lines[len(lines)-2]
}
