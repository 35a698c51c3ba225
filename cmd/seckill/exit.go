package main

import "errors"

// Exit codes of every command.
const (
	exitDone   = 0
	exitNo     = 1 // the answer is no: drift, a bad row, a conflict
	exitFailed = 2 // it could not be run
)

// errNo marks an error as an answer: the command ran, and the answer is no.
type errNo struct{ error }

func (e errNo) Unwrap() error { return e.error }

// exitCode chooses the exit code of a command's error.
func exitCode(err error) int {
	var no errNo
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &no):
		return exitNo
	default:
		return exitFailed
	}
}
