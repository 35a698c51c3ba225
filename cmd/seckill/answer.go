package main

import (
	"errors"
	"fmt"
	"io"
	"sync/atomic"
)

// answer is where a command writes its answer. It keeps the first error, so that no
// command has to look after each of its lines.
type answer struct {
	to   io.Writer
	lost atomic.Pointer[error]
}

func (a *answer) Write(b []byte) (int, error) {
	n, err := a.to.Write(b)
	if err != nil {
		a.lost.CompareAndSwap(nil, &err)
	}
	return n, err
}

// couldNotWrite hides from the exit code what the command found out.
func couldNotWrite(lost, found error) error {
	if found == nil || errors.Is(found, lost) {
		return fmt.Errorf("the answer could not be written: %w", lost)
	}
	return fmt.Errorf("%v\nthe answer could not be written: %w", found, lost)
}
