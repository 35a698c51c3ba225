package seckill

import (
	"errors"
	"math"
)

// ErrOverflow says that a sum of money or units does not fit 64 bits.
var ErrOverflow = errors.New("overflow")

// mulAdd returns sum + a*b for non-negative numbers, or ErrOverflow.
func mulAdd(sum, a, b int64) (int64, error) {
	if a != 0 && b > math.MaxInt64/a {
		return 0, ErrOverflow
	}
	if product := a * b; sum <= math.MaxInt64-product {
		return sum + product, nil
	}
	return 0, ErrOverflow
}
