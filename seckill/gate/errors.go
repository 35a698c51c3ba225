package gate

import (
	"context"
	"errors"
	"fmt"
	"net"

	"github.com/redis/go-redis/v9"

	"github.com/seckill-go/seckill/seckill"
)

// notExecuted tells that a failed call cannot have taken effect: Redis refused
// it, or it never left this process. (A script of ours that Redis refuses has
// written nothing: each checks before its first write.)
func notExecuted(err error) bool {
	var refused redis.Error
	var network *net.OpError
	return errors.As(err, &refused) ||
		errors.As(err, &network) && network.Op == "dial" ||
		errors.Is(err, redis.ErrPoolTimeout) || errors.Is(err, redis.ErrPoolExhausted) || errors.Is(err, redis.ErrClosed)
}

// writeFailed makes the error of a call that writes.
func writeFailed(err error) error {
	if err != nil && !notExecuted(err) {
		err = fmt.Errorf("%w: %w", seckill.ErrOutcomeUnknown, err)
	}
	return readFailed(err)
}

// readFailed makes the error of a call that changes nothing.
func readFailed(err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	return seckill.Unavailable(err, "the sale cannot be reached just now")
}

// ErrNotLoaded is the cause of a CodeNotFound that is about the whole sale.
var ErrNotLoaded = errors.New("the sale is not loaded")

func notLoaded(sale seckill.ID) error {
	e := seckill.Errorf(seckill.CodeNotFound, "sale %s is not loaded", sale)
	e.Cause = ErrNotLoaded
	return e
}

// ErrLoading is the cause of a CodeUnavailable that ends by itself in a moment.
var ErrLoading = errors.New("a load has begun")

func loading(sale seckill.ID) error {
	return seckill.Unavailable(ErrLoading, "sale %s is being loaded", sale)
}

// fenced is the error of a sale whose data in Redis cannot be relied on until it is
// loaded anew.
func fenced(sale seckill.ID) error {
	return seckill.Unavailable(nil, "sale %s is being restored", sale)
}

// stateLoading stands in meta until every key of a sale is written, and is a
// condition as well. Nothing outside this package sees it.
const stateLoading = "loading"

// conditionFenced is one of the conditions of prelude.lua.
const conditionFenced = "fenced"

// loaded makes the error, if any, of a sale whose meta has this state, or that a
// script found in this condition.
func loaded(sale seckill.ID, word string) error {
	switch word {
	case "":
		return notLoaded(sale)
	case stateLoading:
		return loading(sale)
	case conditionFenced:
		return fenced(sale)
	}
	return nil
}
