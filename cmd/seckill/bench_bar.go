package main

import (
	"fmt"
	"io"
	"time"

	"github.com/schollz/progressbar/v3"
)

// bar is a progress bar that says something beside it.
type bar struct {
	*progressbar.ProgressBar
	out io.Writer
}

func newBar(out io.Writer, most int64, what string) bar {
	out = onTerminal(out)
	return bar{out: out, ProgressBar: progressbar.NewOptions64(most, progressbar.OptionSetWriter(out),
		progressbar.OptionSetDescription(what), progressbar.OptionSetPredictTime(false),
		progressbar.OptionSetElapsedTime(false), progressbar.OptionThrottle(100*time.Millisecond))}
}

func (b bar) set(n int64, what string) {
	if what != "" {
		b.Describe(what)
	}
	_ = b.Set64(min(n, b.GetMax64()))
}

// end leaves the bar as it is, on a line of its own.
func (b bar) end() {
	_ = b.Exit()
	fmt.Fprintln(b.out)
}
