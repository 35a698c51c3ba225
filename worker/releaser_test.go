package worker

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/ledger"
)

type fakeReleases struct {
	calls   *calls
	pending []ledger.Release
	state   seckill.SaleState
	release error
}

func (f *fakeReleases) PendingReleases(context.Context, int) ([]ledger.Release, error) {
	return f.pending, nil
}
func (f *fakeReleases) MarkReleased(context.Context, seckill.ID, []seckill.ID, int64) error {
	f.calls.add("mark")
	return nil
}
func (f *fakeReleases) MarkReleasedForGood(context.Context, seckill.ID, []seckill.ID, int64) error {
	f.calls.add("mark for good")
	return nil
}
func (f *fakeReleases) ReleaseForGood(context.Context, seckill.ID, []seckill.ID) (int64, error) {
	f.calls.add("release for good")
	return 1, nil
}
func (f *fakeReleases) Sale(context.Context, seckill.ID) (seckill.Sale, error) {
	return seckill.Sale{ID: 7, State: f.state}, nil
}
func (f *fakeReleases) Release(context.Context, seckill.ID, []seckill.ID) (int64, error) {
	if f.release == nil {
		f.calls.add("release")
	}
	return 0, f.release
}

func releaserOf(f *fakeReleases) *Releaser {
	f.calls = &calls{}
	f.pending = []ledger.Release{{SaleID: 7, OrderID: 1}}
	return &Releaser{Orders: f, Stock: f, Leases: freeLease{}, Log: quiet}
}

func TestReleaserMarksOnlyAfterRedisHasTheUnits(t *testing.T) {
	f := &fakeReleases{}
	_, err := releaserOf(f).step(t.Context())
	require.NoError(t, err)
	require.Equal(t, []string{"release", "mark"}, f.calls.all())

	f = &fakeReleases{release: errAway}
	_, err = releaserOf(f).step(t.Context())
	require.ErrorIs(t, err, errAway)
	require.Empty(t, f.calls.all(), "Redis may not have them")
}

func TestReleaserKeepsUnitsOfASaleThatIsAboutToBeLoaded(t *testing.T) {
	f := &fakeReleases{release: seckill.Errorf(seckill.CodeNotFound, "not loaded"), state: seckill.SaleReady}
	_, err := releaserOf(f).step(t.Context())
	require.Error(t, err)
	require.Empty(t, f.calls.all())

	f = &fakeReleases{release: seckill.Errorf(seckill.CodeNotFound, "not loaded"), state: seckill.SaleClosed}
	_, err = releaserOf(f).step(t.Context())
	require.NoError(t, err)
	require.Equal(t, []string{"mark"}, f.calls.all(), "nobody can buy them any more")
}

func TestReleasesForGoodGoByThemselves(t *testing.T) {
	f := &fakeReleases{}
	r := releaserOf(f)
	f.pending = []ledger.Release{{SaleID: 7, OrderID: 1, ForGood: true}}
	_, err := r.step(t.Context())
	require.NoError(t, err)
	require.Equal(t, []string{"release for good", "mark for good"}, f.calls.all())
}
