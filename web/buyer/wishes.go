package buyer

import (
	"sync"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/web"
)

const (
	// maxWishes and maxWishBytes bound what is remembered, to some 100 KB.
	maxWishes    = 128
	maxWishBytes = 256
)

// wishes reads what buyers ask for. In the rush nearly all ask for the same in the
// same words, and to read those again and again would be a third of what the handler
// costs.
type wishes struct {
	mu    sync.RWMutex
	known map[string][]seckill.Line // by the bodies; nobody changes the lines
}

func newWishes() *wishes { return &wishes{known: map[string][]seckill.Line{}} }

// read gives the lines of a body. They have no prices: those are the sale's, never
// the buyer's.
func (w *wishes) read(body []byte) ([]seckill.Line, error) {
	w.mu.RLock()
	lines, found := w.known[string(body)]
	w.mu.RUnlock()
	if found {
		return lines, nil
	}
	var sent struct {
		Lines []struct {
			SKU      string `json:"sku"`
			Quantity int64  `json:"quantity"`
		} `json:"lines"`
	}
	if err := web.DecodeJSON(body, &sent); err != nil {
		return nil, err
	}
	lines = make([]seckill.Line, len(sent.Lines))
	for i, l := range sent.Lines {
		lines[i] = seckill.Line{SKU: l.SKU, Quantity: l.Quantity}
	}
	if len(body) <= maxWishBytes {
		w.keep(string(body), lines)
	}
	return lines, nil
}

// keep begins anew when it is full: what the crowd wants is back at once.
func (w *wishes) keep(body string, lines []seckill.Line) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.known) >= maxWishes {
		clear(w.known)
	}
	w.known[body] = lines
}
