package broker_test

import (
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/broker"
)

func TestNamesGoThereAndBack(t *testing.T) {
	names := broker.Names{Prefix: "seckill"}
	require.Equal(t, "seckill.orders", names.Exchange(broker.ExchangeOrders))
	require.Equal(t, "seckill.events", names.Exchange(broker.ExchangeEvents))
	require.Equal(t, "seckill.orders.settle.v1", names.Queue(broker.QueueSettle))
	hold := broker.HoldQueue(15 * time.Minute)
	require.Equal(t, "seckill.orders.hold.900000.v1", names.Queue(hold))
	for _, queue := range []string{broker.QueueSettle, broker.QueueExpire, broker.QueuePaid, broker.QueueDead, hold} {
		logical, ok := names.Logical(names.Queue(queue))
		require.True(t, ok)
		require.Equal(t, queue, logical)
	}
	for _, foreign := range []string{"", "other.orders.settle.v1", "seckill.orders.settle", "seckill.mail.v1", "seckill.orders.hold.x.v1"} {
		_, ok := names.Logical(foreign)
		require.False(t, ok, foreign)
	}
}

func TestPrefixForm(t *testing.T) {
	for prefix, ok := range map[string]bool{"seckill": true, "shop-1.eu_west": true, "": false, "Shop": false, ".x": false, "a b": false} {
		err := broker.Names{Prefix: prefix}.Validate()
		require.Equal(t, ok, err == nil, prefix)
	}
}

func TestQueueNamesThatAreOurs(t *testing.T) {
	for name, ok := range map[string]bool{
		"orders.settle": true, "orders.expire": true, "orders.paid": true, "orders.dead": true, "orders.hold.1": true,
		"orders": false, "orders.hold.": false, "orders.hold.01": false, "orders.hold.-1": false, "orders.hold.1s": false, "": false,
	} {
		require.Equal(t, ok, broker.ValidateQueue(name) == nil, name)
	}
}

func TestOnlyEventsOfOthersMayReachNoQueue(t *testing.T) {
	require.True(t, broker.Mandatory(broker.ExchangeOrders, "admitted.1"))
	require.True(t, broker.Mandatory(broker.ExchangeEvents, "order.paid"))
	require.False(t, broker.Mandatory(broker.ExchangeEvents, "order.expired"))
	paid := seckill.NewEvent(seckill.Order{Status: seckill.OrderPaid}, time.Time{})
	require.Equal(t, broker.KeyPaid, paid.Type, "the key that the queue of paid orders is bound to")
}

func TestConsumeOptionsDefaults(t *testing.T) {
	opts, err := broker.ConsumeOptions{}.WithDefaults()
	require.NoError(t, err)
	require.Equal(t, broker.ConsumeOptions{
		BatchSize: 100, Prefetch: 200, MaxAttempts: 20,
		RetryMin: 100 * time.Millisecond, RetryMax: 5 * time.Second, Grace: 10 * time.Second,
	}, opts)
	opts, err = broker.ConsumeOptions{RetryMin: time.Minute}.WithDefaults()
	require.NoError(t, err)
	require.Equal(t, time.Minute, opts.RetryMax)
}

func TestConsumeOptionsThatCannotBe(t *testing.T) {
	for name, opts := range map[string]broker.ConsumeOptions{
		"batch size negative":       {BatchSize: -1},
		"batch size too large":      {BatchSize: 10_001},
		"prefetch below batch":      {BatchSize: 10, Prefetch: 9},
		"prefetch beyond 16 bits":   {Prefetch: 65_536},
		"max wait negative":         {MaxWait: -1},
		"max attempts negative":     {MaxAttempts: -1},
		"retry min negative":        {RetryMin: -1},
		"retry max below retry min": {RetryMin: 2, RetryMax: 1},
		"grace negative":            {Grace: -1},
	} {
		_, err := opts.WithDefaults()
		require.ErrorIs(t, err, broker.ErrInvalid, name)
	}
}

func TestVerdictsKeepTheirCause(t *testing.T) {
	for _, wrap := range []func(error) error{
		func(err error) error { return err },
		func(err error) error { return fmt.Errorf("order 1: %w", err) },
	} {
		rejected, postponed := wrap(broker.Reject(io.EOF)), wrap(broker.Postpone(io.EOF))
		require.ErrorIs(t, rejected, io.EOF)
		require.True(t, broker.Rejected(rejected))
		require.False(t, broker.Postponed(rejected))
		require.ErrorIs(t, postponed, io.EOF)
		require.True(t, broker.Postponed(postponed))
		require.False(t, broker.Rejected(postponed))
	}
	require.False(t, broker.Rejected(errors.New("other")))
	require.NotEmpty(t, broker.Reject(nil).Error())
	require.ErrorIs(t, broker.ErrUnconfirmed, seckill.ErrOutcomeUnknown)
}
