package worker

import (
	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/broker"
)

// handleOrders brings the orders that a batch of messages names together and
// does one thing with all of them. A message that cannot be read is refused and
// holds up nobody; the others share what became of the one thing.
func handleOrders(batch []broker.Delivery, decode func(body []byte) ([]seckill.ID, error), do func([]seckill.ID) error) []error {
	verdicts := make([]error, len(batch))
	var ids []seckill.ID
	for i, d := range batch {
		named, err := decode(d.Body)
		if err != nil {
			verdicts[i] = broker.Reject(err)
			continue
		}
		ids = append(ids, named...)
	}
	if len(ids) == 0 {
		return verdicts
	}
	err := do(ids)
	for i := range verdicts {
		if verdicts[i] == nil {
			verdicts[i] = err
		}
	}
	return verdicts
}
