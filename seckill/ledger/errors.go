package ledger

import (
	"errors"

	"github.com/seckill-go/seckill/seckill"
)

func conflict(state, format string, args ...any) *seckill.Error {
	err := seckill.Errorf(seckill.CodeConflict, format, args...)
	err.State = state
	return err
}

func conflictState(err error) string {
	var e *seckill.Error
	if errors.As(err, &e) && e.Code == seckill.CodeConflict {
		return e.State
	}
	return ""
}

func noSuchOrder() *seckill.Error {
	return seckill.Errorf(seckill.CodeNotFound, "no such order")
}
