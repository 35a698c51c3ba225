package worker

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
)

// fakeTrial is the fake sale as a trial.
type fakeTrial struct {
	*fakeSale
	moving  bool // an order cannot be removed yet
	removed bool
}

func (f *fakeTrial) Trials(context.Context) ([]seckill.Sale, error) {
	if f.removed {
		return nil, nil
	}
	return []seckill.Sale{f.sale(f.state)}, nil
}

func (f *fakeTrial) RemoveTrial(context.Context, seckill.ID) error {
	if f.moving {
		return seckill.Errorf(seckill.CodeConflict, "moving")
	}
	f.removed = true
	return nil
}

func TestATrialIsRemovedOnceItIsOver(t *testing.T) {
	for _, c := range []struct {
		name    string
		change  func(f *fakeTrial)
		at      time.Duration
		removed bool
	}{
		{"it runs", func(*fakeTrial) {}, time.Minute, false},
		{"its window is over", func(*fakeTrial) {}, time.Hour, true},
		{"it was closed early", func(f *fakeTrial) { f.state, f.loaded = seckill.SaleClosed, seckill.SaleClosed }, time.Minute, true},
		{"Redis has not heard that it is closed", func(f *fakeTrial) { f.state = seckill.SaleClosed }, time.Hour, false},
		{"an order is on its way", func(f *fakeTrial) { f.inFlight = 1 }, time.Hour, false},
		{"an order awaits its payment", func(f *fakeTrial) { f.unfinished = true }, time.Hour, false},
		{"paid units are not confirmed", func(f *fakeTrial) { f.moving = true }, time.Hour, false},
		{"its process died before it was loaded", func(f *fakeTrial) { f.state, f.loaded, f.listed = seckill.SaleDraft, "", false }, time.Hour, true},
		{"a draft that is about to be loaded", func(f *fakeTrial) { f.state, f.loaded, f.listed = seckill.SaleDraft, "", false }, 0, false},
		{"Redis is empty", func(f *fakeTrial) { f.state, f.loaded = seckill.SaleClosed, "" }, time.Hour, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, sale := newTestUnloader(c.at)
			f := &fakeTrial{fakeSale: sale}
			c.change(f)
			r := &TrialRemover{SQL: f, Redis: fakeLoaded{sale}, Leases: freeLease{}, Log: quiet}
			for range 3 {
				_, err := r.step(t.Context())
				require.NoError(t, err)
			}
			require.Equal(t, c.removed, f.removed)
			if c.removed {
				require.False(t, f.listed)
			}
		})
	}
}
