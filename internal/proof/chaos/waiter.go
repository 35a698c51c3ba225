package chaos

import (
	"context"
	"encoding/json"
	"time"
)

// wait has a place in the waitlist, for as long as the buyer is there, and gives the order
// that was offered; again says that units are left, so that one can buy.
func (b *buyer) wait(ctx context.Context, until time.Time) (order string, again bool) {
	want, _ := json.Marshal(b.Lines[0])
	for joined := false; time.Now().Before(until) && ctx.Err() == nil; {
		method, body := "GET", []byte(nil)
		if !joined {
			method, body = "POST", want
		}
		slot := b.slot()
		a := b.run.call(ctx, method, b.run.slots[slot].url()+"/api/v1/sales/"+b.sale.id+"/waitlist", b.token, nil, body)
		b.run.history.note(b.Name, a.OrderID, "%s waitlist at %s: %d %s%s", method, slotName(slot), a.HTTP, a.Code, a.Status)
		switch {
		case a.HTTP == 200 && a.Status == "offered":
			b.run.history.offer(Offer{Buyer: b.Name, Order: a.OrderID})
			return a.OrderID, false
		case a.HTTP == 200 && (a.Status == "left" || a.Status == "lapsed"):
			return "", false
		case a.HTTP == 200 || a.HTTP == 202:
			joined = true
		case a.HTTP == 409:
			return "", true
		case a.HTTP != 0 && a.HTTP < 500 && a.HTTP != 429:
			return "", false
		default:
			b.otherWeb()
		}
		pause(ctx, b.millis(100, 300))
	}
	b.leave(ctx)
	return "", false
}

// leave gives the place up, since whoever is not there any more keeps others waiting for
// as long as he has to pay.
func (b *buyer) leave(ctx context.Context) {
	for until := time.Now().Add(settleFor / 2); time.Now().Before(until) && ctx.Err() == nil; {
		a := b.run.call(ctx, "DELETE", b.run.slots[b.slot()].url()+"/api/v1/sales/"+b.sale.id+"/waitlist", b.token, nil, nil)
		b.run.history.note(b.Name, "", "DELETE waitlist: %d %s%s", a.HTTP, a.Code, a.Status)
		if a.HTTP == 200 || a.HTTP == 404 || a.HTTP == 409 {
			return
		}
		b.otherWeb()
		pause(ctx, b.millis(100, 300))
	}
}
