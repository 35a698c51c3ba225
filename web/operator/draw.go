package operator

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/web"
)

// drawBody is what an operator is told of a draw besides what everybody is.
type drawBody struct {
	State   seckill.DrawState `json:"state"`
	Entries int64             `json:"entries"`
	// Trouble is why a draw that is due waits, in the words of what went wrong.
	Trouble string          `json:"trouble,omitempty"`
	Items   []drawItemTurns `json:"items"`
}

// drawItemTurns is how far the ranks of one item have come.
type drawItemTurns struct {
	SKU     string `json:"sku"`
	Entries int64  `json:"entries"`
	// Next are the ranks whose turn has not come, in the waitlist or before it.
	Next    int64 `json:"next"`
	Offered int64 `json:"offered"`
	// Passed are those who left, or could have no more units.
	Passed int64 `json:"passed"`
}

// draw tells how far a draw is, and what it waits for.
func (s *API) draw(c *gin.Context, id seckill.ID) {
	ctx := c.Request.Context()
	d, err := s.cfg.Ledger.Draw(ctx, id)
	if err != nil {
		s.Fail(c, err)
		return
	}
	turns, err := s.cfg.Ledger.Turns(ctx, id)
	if err != nil {
		s.Fail(c, err)
		return
	}
	body := drawBody{State: d.State, Entries: d.Entries, Trouble: d.Trouble, Items: make([]drawItemTurns, len(d.Items))}
	for i, it := range d.Items {
		of := turns[it.SKU]
		offered, passed := of[seckill.WaiterOffered], of[seckill.WaiterLeft]+of[seckill.WaiterLapsed]
		body.Items[i] = drawItemTurns{SKU: it.SKU, Entries: it.Entries, Next: it.Entries - offered - passed, Offered: offered, Passed: passed}
	}
	web.WriteJSON(c, http.StatusOK, body)
}
