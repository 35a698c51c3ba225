package mockpay

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
)

func TestABuyerWhoPressesPayLateAgainAndAgainTakesOnePlace(t *testing.T) {
	var late latePayments
	for i := range 2 * maxLate {
		isNew, err := late.add("pay_1")
		require.NoError(t, err)
		require.Equal(t, i == 0, isNew, "it arrives once")
	}
	for i := range maxLate - 1 {
		isNew, err := late.add(fmt.Sprint(i))
		require.NoError(t, err)
		require.True(t, isNew, "another's place is free")
	}
	_, err := late.add("one too many")
	require.Equal(t, seckill.CodeUnavailable, seckill.CodeOf(err))
	late.remove("pay_1")
	isNew, err := late.add("pay_1")
	require.NoError(t, err)
	require.True(t, isNew, "the next attempt of the buyer")
}
