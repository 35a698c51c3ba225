package chaos

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// provider is the payment provider: it takes the buyers' money, tells the
// service, and tells it again until it is understood.
type provider struct {
	run *Run
	wg  sync.WaitGroup
	// api is where the service asks, at url; nil in runs without. late are the
	// callbacks that come of it.
	api  *http.Server
	url  string
	late sync.WaitGroup

	mu      sync.Mutex
	charges []charge
	// refunds are the refund ids by payment.
	refunds map[string]map[string]bool
	asked   int
}

// charge is money that a buyer gave, or what is passed off as such.
type charge struct {
	payment, order string
	amount         int64
	currency       string
	forged         bool
	genuine        bool // set by the provider: it is the order's own amount
	at             time.Time
}

func newProvider(run *Run) *provider {
	return &provider{run: run, refunds: map[string]map[string]bool{}}
}

// deliverFor bounds how long an event is sent again and again.
const deliverFor = 60 * time.Second

// charge takes money and tells of it: late, more than once, and not in order.
func (p *provider) charge(b *buyer, c charge) {
	c.at = time.Now()
	c.genuine = !c.forged && c.currency == currency && b.Conduct != paysWrong
	p.mu.Lock()
	p.charges = append(p.charges, c)
	p.mu.Unlock()
	event := "evt_" + c.payment
	for range 1 + b.number(3) {
		p.deliver(b.millis(0, 700), event, "payment.succeeded", c)
	}
	if b.number(4) == 0 {
		// The same money under another event id.
		p.deliver(b.millis(0, 1000), event+"_again", "payment.succeeded", c)
	}
}

// fail tells of a failed attempt, perhaps only after the success of the next.
func (p *provider) fail(b *buyer, c charge) {
	c.genuine = true
	p.deliver(b.millis(0, 700), "evt_failed_"+c.payment, "payment.failed", c)
}

func (p *provider) deliver(after time.Duration, event, kind string, c charge) {
	p.wg.Go(func() { p.insist(after, event, kind, c) })
}

// insist sends an event until it is answered for good.
func (p *provider) insist(after time.Duration, event, kind string, c charge) {
	pause(context.Background(), after)
	for until, web := time.Now().Add(deliverFor), 0; time.Now().Before(until); web++ {
		a := p.send(event, kind, c, web)
		p.run.history.callback(Callback{Event: event, Payment: c.payment, Order: c.order, Type: kind, Genuine: c.genuine,
			HTTP: a.HTTP, Result: a.Result + a.Code})
		if a.HTTP != 0 && a.HTTP != 503 && a.HTTP != 500 {
			return
		}
		pause(context.Background(), 200*time.Millisecond)
	}
}

// send delivers an event once.
func (p *provider) send(event, kind string, c charge, web int) answer {
	now := time.Now()
	body, _ := json.Marshal(map[string]any{"type": kind, "data": map[string]any{
		"payment_id": c.payment, "order_id": c.order, "amount": c.amount, "currency": c.currency,
		"paid_at": now.UTC().Format(time.RFC3339)}})
	signature := sign(event, now, body)
	if c.forged {
		signature = sign(event+"x", now, body)
	}
	return p.run.call(context.Background(), "POST", p.run.slots[web%webs].url()+"/webhooks/payments/standard", "", map[string]string{
		"webhook-id": event, "webhook-timestamp": strconv.FormatInt(now.Unix(), 10), "webhook-signature": signature,
	}, body)
}

// sign signs by the Standard Webhooks specification.
func sign(event string, at time.Time, body []byte) string {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(paymentSecret, "whsec_"))
	if err != nil {
		panic(err) // the constant is well formed
	}
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s.%d.%s", event, at.Unix(), body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// taken is the money that was really given, by payment.
func (p *provider) taken() map[string]charge {
	p.mu.Lock()
	defer p.mu.Unlock()
	taken := make(map[string]charge)
	for _, c := range p.charges {
		if c.genuine {
			taken[c.payment] = c
		}
	}
	return taken
}

// finish waits until every event was answered.
func (p *provider) finish() { p.wg.Wait() }
