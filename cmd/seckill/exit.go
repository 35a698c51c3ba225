package main

import (
	"errors"
	"net/http"
)

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
	var p *problem
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &no), errors.As(err, &p) && p.isAnswer():
		return exitNo
	default:
		return exitFailed
	}
}

// isAnswer tells whether the server looked at what was asked and said no. A token
// that it does not know, a limit and a failure of its own are none.
func (p *problem) isAnswer() bool {
	switch p.Status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusRequestTimeout, http.StatusTooManyRequests:
		return false
	}
	return p.Status >= 400 && p.Status < 500
}
