package main

import (
	"io"
	"os"

	"golang.org/x/term"
)

// onTerminal is out where a person looks on, and nothing where a file or another
// program gets it: a progress bar draws over itself.
func onTerminal(out io.Writer) io.Writer {
	if f, ok := out.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		return out
	}
	return io.Discard
}
