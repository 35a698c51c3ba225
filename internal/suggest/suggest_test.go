package suggest

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAMistypedNameIsToldWhatWasMeant(t *testing.T) {
	fields := []string{"sku", "title", "price", "list_price", "stock", "limit_per_buyer", "starts_at", "ends_at"}
	for written, meant := range map[string]string{
		"stok": "stock", "Stock": "stock", "prcie": "price", "listprice": "list_price", "start_at": "starts_at",
		"limit_per_user": "limit_per_buyer", "suk": "sku", "ttile": "title", "titel": "title",
	} {
		got, ok := Closest(written, fields)
		require.True(t, ok, written)
		require.Equal(t, meant, got, written)
	}
	for _, written := range []string{"", "colour", "x", "discount", strings.Repeat("stock", 1000)} {
		_, ok := Closest(written, fields)
		require.False(t, ok, written)
	}
	require.Equal(t, `; did you mean "stock"?`, DidYouMean("stok", fields))
	require.Empty(t, DidYouMean("colour", fields))
}
