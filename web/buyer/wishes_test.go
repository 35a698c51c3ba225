package buyer

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
)

func TestWishesAreReadAsTheyStand(t *testing.T) {
	w := newWishes()
	for range 2 { // the second time from memory
		for quantity := int64(1); quantity <= 3; quantity++ {
			lines, err := w.read(fmt.Appendf(nil, `{"lines":[{"sku":"a","quantity":%d}]}`, quantity))
			require.NoError(t, err)
			require.Equal(t, []seckill.Line{{SKU: "a", Quantity: quantity}}, lines)
		}
		for _, wrong := range []string{``, `{"lines":[{"sku":"a","price":1}]}`, `{"lines":[]} x`} {
			_, err := w.read([]byte(wrong))
			require.Error(t, err, wrong)
		}
	}
}

// Whoever sends ever other bodies does not fill the memory.
func TestRememberedWishesAreBounded(t *testing.T) {
	w := newWishes()
	for i := range 10 * maxWishes {
		_, err := w.read(fmt.Appendf(nil, `{"lines":[{"sku":"a","quantity":%d}]}`, i))
		require.NoError(t, err)
	}
	require.LessOrEqual(t, len(w.known), maxWishes)
	clear(w.known)
	_, err := w.read([]byte(`{"lines":[` + strings.Repeat(" ", maxWishBytes) + `]}`))
	require.NoError(t, err)
	require.Empty(t, w.known, "a long body is not kept")
}
