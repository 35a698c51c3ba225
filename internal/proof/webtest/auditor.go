package webtest

import (
	"context"
	"errors"

	"github.com/seckill-go/seckill/seckill"
)

// AuditorOf makes an auditor of a function.
type AuditorOf func(sale seckill.ID) (seckill.Audit, error)

// Audit gives what the function does.
func (a AuditorOf) Audit(_ context.Context, sale seckill.ID) (seckill.Audit, error) { return a(sale) }

// Repair is not asked for.
func (a AuditorOf) Repair(context.Context, seckill.ID, string, bool) (seckill.Repair, error) {
	return seckill.Repair{}, errors.New("not asked for")
}
