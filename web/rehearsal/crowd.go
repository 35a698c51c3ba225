package rehearsal

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/payment"
	"github.com/seckill-go/seckill/web"
)

const (
	// patience is how long after the window a rehearsal goes on, for those
	// who pay at the end.
	patience = 8 * time.Second
	// verdictTimeout bounds the audit at the end: it looks at drift again for seconds
	// before it believes it.
	verdictTimeout = 20 * time.Second
	// maxTries bounds how often one buyer asks.
	maxTries = 30
	// returning is the share, in percent, of those told "sold out" that look again.
	returning = 20
)

// rehearsal is one crowd at one copy of a sale.
type rehearsal struct {
	all    *rehearsals
	source seckill.ID
	sale   seckill.Sale
	plan   crowdPlan
	tally  tally

	mu        sync.Mutex
	state     string
	conserved *bool
}

func newRehearsal(all *rehearsals, source seckill.ID, sale seckill.Sale, plan crowdPlan) *rehearsal {
	return &rehearsal{all: all, source: source, sale: sale, plan: plan, state: stateRunning,
		tally: tally{refused: map[seckill.Code]int64{}}}
}

func (r *rehearsal) running() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.state == stateRunning
}

func (r *rehearsal) status() report {
	r.mu.Lock()
	s := report{SaleID: r.sale.ID, SourceID: r.source, State: r.state, Plan: r.plan, Conserved: r.conserved,
		StartsAt: web.FormatTime(r.sale.StartsAt), EndsAt: web.FormatTime(r.sale.EndsAt)}
	r.mu.Unlock()
	r.tally.into(&s)
	return s
}

// run lets every buyer come, and closes the sale when they have gone.
func (r *rehearsal) run(ctx context.Context) {
	until := time.Until(r.sale.EndsAt) + patience
	crowd, done := context.WithTimeout(ctx, until)
	var buyers sync.WaitGroup
	for i := range r.plan.Buyers {
		buyers.Go(func() { r.buyer(crowd, i) })
	}
	buyers.Wait()
	done()
	r.finish(ctx)
}

// finish closes the sale, so that it need not wait for its end to be cleared away,
// and asks the auditor for the verdict.
func (r *rehearsal) finish(ctx context.Context) {
	state := stateDone
	if ctx.Err() != nil {
		state = stateStopped
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), verdictTimeout)
	defer cancel()
	sale, err := r.all.cfg.Ledger.TransitionSale(ctx, r.sale.ID, seckill.SaleClosed, actor)
	if err == nil {
		_, err = r.all.cfg.Gate.SetState(ctx, sale.ID, sale.State, sale.Revision)
		r.all.cfg.Shop.Forget(sale.ID)
	}
	if err != nil {
		r.all.cfg.Logger.WarnContext(ctx, "a rehearsal is left to its end", "sale_id", r.sale.ID.String(), "error", err)
	}
	var conserved *bool
	if r.all.cfg.Auditor != nil {
		if audit, err := r.all.cfg.Auditor.Audit(ctx, r.sale.ID); err == nil {
			conserved = &audit.Conserved
		}
	}
	r.mu.Lock()
	r.state, r.conserved = state, conserved
	r.mu.Unlock()
}

// visitor is one buyer of the crowd, with a name, an address and a token.
type visitor struct {
	name, token, address string
}

// buyer comes, clicks, perhaps twice, and perhaps pays. More come at the opening
// than later.
func (r *rehearsal) buyer(ctx context.Context, i int) {
	v := visitor{
		// Names of another rehearsal's buyers would do no harm: they have no order here.
		name: fmt.Sprintf("%srehearsal-%s-%05d", seckill.TrialBuyerPrefix, r.sale.ID, i),
		// From the block of addresses that is for documentation alone, each buyer from a
		// network of his own: the limits that count by address are not what is rehearsed.
		address: fmt.Sprintf("[2001:db8:%x:%x::1]:4000", i>>16, i&0xffff),
	}
	var err error
	if v.token, _, err = r.all.cfg.Tokens.Sign(v.name, 10*time.Minute); err != nil {
		return
	}
	late := rand.Float64()
	window := r.sale.EndsAt.Sub(r.sale.StartsAt)
	opens := time.Until(r.sale.StartsAt) - r.all.clock.Lead()
	if !pause(ctx, opens+time.Duration(late*late*late*0.6*float64(window))) {
		return
	}
	r.tally.arrive()
	order, ok := r.click(ctx, v, rand.IntN(100) < r.plan.TwicePercent)
	if ok && rand.IntN(100) < r.plan.PayPercent {
		r.pay(ctx, v, order)
	}
}

// click asks for one unit until there is an order, a final no, or no time left.
func (r *rehearsal) click(ctx context.Context, v visitor, twice bool) (order visitOrder, ok bool) {
	item := r.sale.Items[rand.IntN(len(r.sale.Items))]
	body := fmt.Appendf(nil, `{"lines":[{"sku":%q,"quantity":1}]}`, item.SKU)
	key := v.name
	if twice {
		var second sync.WaitGroup
		second.Go(func() { r.ask(ctx, v, key, body) })
		defer second.Wait()
	}
	for range maxTries {
		a := r.ask(ctx, v, key, body)
		wait := a.retryAfter
		switch {
		case a.status == http.StatusAccepted, a.status == http.StatusOK:
			return order, json.Unmarshal(a.body, &order) == nil
		case a.code == seckill.CodeSoldOut && rand.IntN(100) < returning:
			wait = 2 * time.Second
		case a.code == seckill.CodeUnavailable, a.code == seckill.CodeRateLimited, a.code == seckill.CodeNotStarted:
		default:
			return order, false
		}
		if !pause(ctx, wait+rand.N(time.Second)) || !time.Now().Before(r.sale.EndsAt) {
			return order, false
		}
	}
	return order, false
}

// ask makes one call for an order and counts what came of it.
func (r *rehearsal) ask(ctx context.Context, v visitor, key string, body []byte) visitAnswer {
	begun := time.Now()
	a := r.call(ctx, v, "POST", "/api/v1/sales/"+r.sale.ID.String()+"/orders", body, http.Header{
		"Authorization": {"Bearer " + v.token}, "Content-Type": {"application/json"}, "Idempotency-Key": {key}})
	if ctx.Err() == nil {
		r.tally.called(time.Since(begun), a.status, a.code)
	}
	return a
}

// pay waits until the order can be paid and then tells the shop, as a provider does,
// that it was.
func (r *rehearsal) pay(ctx context.Context, v visitor, order visitOrder) {
	if !pause(ctx, 200*time.Millisecond+rand.N(2500*time.Millisecond)) {
		return
	}
	for order.Status == seckill.OrderQueued {
		a := r.call(ctx, v, "GET", "/api/v1/orders/"+order.OrderID.String(), nil, http.Header{"Authorization": {"Bearer " + v.token}})
		if a.status == http.StatusOK && json.Unmarshal(a.body, &order) != nil || !pause(ctx, 300*time.Millisecond+rand.N(300*time.Millisecond)) {
			return
		}
	}
	if order.Status != seckill.OrderAwaitingPayment {
		return
	}
	id := "rehearsal-" + order.OrderID.String()
	body := fmt.Appendf(nil, `{"type":"payment.succeeded","data":{"payment_id":%q,"order_id":%q,"amount":%d,"currency":%q,"paid_at":%q}}`,
		id, order.OrderID.String(), order.Amount, order.Currency, time.Now().UTC().Format(time.RFC3339))
	for range maxTries {
		header, err := payment.SignedHeader(r.all.secret, id, r.all.cfg.Clock(), body)
		if err != nil {
			return
		}
		a := r.call(ctx, v, "POST", "/webhooks/payments/"+providerName, body, header)
		if a.status == http.StatusOK {
			r.tally.paid()
			return
		}
		if a.status < 500 || !pause(ctx, max(a.retryAfter, 500*time.Millisecond)) {
			return
		}
	}
}

// visitOrder is what a visitor reads of an order.
type visitOrder struct {
	OrderID  seckill.ID          `json:"order_id"`
	Status   seckill.OrderStatus `json:"status"`
	Amount   int64               `json:"amount"`
	Currency string              `json:"currency"`
}

// visitAnswer is what a call led to.
type visitAnswer struct {
	status     int
	code       seckill.Code
	retryAfter time.Duration
	body       []byte
}

// call goes the whole way that a buyer's request goes, without the network.
func (r *rehearsal) call(ctx context.Context, v visitor, method, path string, body []byte, header http.Header) visitAnswer {
	req, err := http.NewRequestWithContext(ctx, method, path, bytes.NewReader(body))
	if err != nil {
		return visitAnswer{}
	}
	req.Header, req.RemoteAddr, req.RequestURI = header, v.address, path
	w := &answerKeeper{header: http.Header{}}
	r.all.handler.ServeHTTP(w, req)
	a := visitAnswer{status: w.status, body: w.body.Bytes()}
	if a.status >= 400 {
		var problem struct{ Code seckill.Code }
		_ = json.Unmarshal(a.body, &problem) // without a code it is none that is acted on
		a.code = problem.Code
		seconds, _ := strconv.Atoi(w.header.Get("Retry-After"))
		a.retryAfter = time.Duration(seconds) * time.Second
	}
	return a
}

// answerKeeper is a http.ResponseWriter in memory.
type answerKeeper struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (w *answerKeeper) Header() http.Header { return w.header }

func (w *answerKeeper) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
}

func (w *answerKeeper) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(b)
}

// pause waits; false means that ctx ended.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(max(d, 0))
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
