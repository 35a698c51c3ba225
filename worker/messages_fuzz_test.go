package worker

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
)

// A queue may hold anything: a message is either refused or names orders that SQL can
// have.
func FuzzMessages(f *testing.F) {
	f.Add([]byte("7 1-0 1 1000 60000\n1 9 =k CNY a:1:5 b c\n+ z1 = \" d e"))
	f.Add([]byte(`{"order":{"id":"9","status":"paid"}}`))
	f.Add([]byte(`{"order":{"id":9,"status":"paid"}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		if entry, err := decodeEntry(body); err == nil {
			require.NotEmpty(t, entry.Orders)
			for _, o := range entry.Orders {
				require.Positive(t, o.ID)
				require.NotEmpty(t, o.Lines)
				require.NoError(t, seckill.ValidateBuyer(o.Buyer))
				var amount int64
				for _, l := range o.Lines {
					require.Positive(t, l.Quantity)
					require.GreaterOrEqual(t, l.Price, int64(0))
					amount += l.Quantity * l.Price
				}
				require.Equal(t, amount, o.Amount)
				require.GreaterOrEqual(t, o.Amount, int64(0))
				require.Positive(t, o.Ticket)
				if o.RequestKey != "" {
					require.NoError(t, seckill.ValidateKey(o.RequestKey))
				}
			}
		}
		if ids, err := decodePaid(body); err == nil {
			require.Len(t, ids, 1)
			require.Positive(t, ids[0])
		}
	})
}
