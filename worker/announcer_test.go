package worker

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill/broker"
	"github.com/seckill-go/seckill/seckill/ledger"
)

// fakeEvents has the events of two transactions, which two broker calls take.
type fakeEvents struct {
	calls  *calls
	faults faults
}

func (f *fakeEvents) Events(context.Context, int) ([]ledger.EventBatch, error) {
	long := make([]ledger.Announcement, announcerWindow)
	return []ledger.EventBatch{{ID: 1, Events: long}, {ID: 2, Events: long[:1]}}, nil
}

func (f *fakeEvents) EventsPublished(_ context.Context, batches []ledger.EventBatch, _ func(string) bool) error {
	var ids []int64
	for _, b := range batches {
		ids = append(ids, b.ID)
	}
	f.calls.add(fmt.Sprint("delete ", ids))
	return nil
}

func (f *fakeEvents) Publish(_ context.Context, _ string, msgs ...broker.Message) error {
	if err := f.faults.next(); err != nil {
		return err
	}
	f.calls.add(fmt.Sprint("publish ", len(msgs)))
	return nil
}

func TestEventsStayUntilTheBrokerHasConfirmedThem(t *testing.T) {
	f := &fakeEvents{calls: &calls{}}
	a := &Announcer{Events: f, Broker: f, Log: quiet}
	_, err := a.step(t.Context())
	require.NoError(t, err)
	require.Equal(t, []string{"publish 2000", "delete [1]", "publish 1", "delete [2]"}, f.calls.all())

	f = &fakeEvents{calls: &calls{}, faults: faults{list: []error{nil, errAway}}}
	a = &Announcer{Events: f, Broker: f, Log: quiet}
	_, err = a.step(t.Context())
	require.ErrorIs(t, err, errAway)
	require.Equal(t, []string{"publish 2000", "delete [1]"}, f.calls.all(), "the second transaction's events are announced later")
}
