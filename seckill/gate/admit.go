package gate

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/seckill-go/seckill/internal/fault"
	"github.com/seckill-go/seckill/seckill"
)

// Admit decides one request. The error, always a *seckill.Error, has the code
// not_started or ended (with the time), limit_exceeded (with the buyer's own
// order, if he has one), sold_out, invalid_request, or unavailable: not loaded,
// paused, too much waiting or in flight, or Redis not reachable. An error that
// is seckill.ErrOutcomeUnknown leaves open whether the order was taken; the same
// IdempotencyKey asks for it.
func (g *Gate) Admit(ctx context.Context, r seckill.Request) (seckill.Admission, error) {
	g.stats.requests.Add(1)
	if err := checkRequest(r); err != nil {
		return seckill.Admission{}, err
	}
	switch answer, probed := g.soldOut.ask(r); answer {
	case rememberedSoldOut:
		g.stats.fromMemory.Add(1)
		return seckill.Admission{}, soldOut()
	case probe:
		defer probed()
	}
	o, err := g.lanes.Do(ctx, r.SaleID, claim{Request: r})
	if err != nil {
		return seckill.Admission{}, err
	}
	return o.admission, o.err
}

// claim is what goes through a sale's lane, and outcome what becomes of it.
type claim struct {
	seckill.Request
	ticket string // of an order that was admitted before and lost
}

type outcome struct {
	admission seckill.Admission
	err       error
}

// checkRequest refuses what would not fit the form of a record in Redis.
func checkRequest(r seckill.Request) error {
	if r.OrderID <= 0 || r.SaleID <= 0 {
		return seckill.Invalid("order_id", "is required")
	}
	if n := len(r.Lines); n < 1 || n > seckill.MaxLinesPerOrder {
		return seckill.Invalid("lines", "must be 1 to %d lines, not %d", seckill.MaxLinesPerOrder, n)
	}
	for _, l := range r.Lines {
		if !seckill.ValidSKU(l.SKU) || l.Quantity < 1 || l.Quantity > seckill.MaxUnitsPerLine || l.Price < 0 {
			return seckill.Invalid("lines", "%q is not a line", l.SKU)
		}
	}
	if r.Currency == "" || strings.Contains(r.Currency, " ") {
		return seckill.Invalid("currency", "is required")
	}
	if r.Key != "" {
		if err := seckill.ValidateKey(r.Key); err != nil {
			return err
		}
	}
	return seckill.ValidateBuyer(r.Buyer)
}

// admitBatch sends one batch and tells what became of each claim.
func (g *Gate) admitBatch(sale seckill.ID, claims []claim) []outcome {
	g.stats.batches.Add(1)
	g.stats.batched.Add(int64(len(claims)))
	asked, generation := time.Now(), g.soldOut.generation()
	committed, stop := g.watchCommit(claims)
	defer stop()
	// A sale's requests all have turns, or none has.
	reply, err := g.sendBatch(sale, claims, manner{turns: claims[0].Turn != seckill.Turn{}})
	var v verdicts
	if err == nil {
		v, err = readVerdicts(reply, len(claims))
	}
	if err != nil {
		return g.failBatch(sale, len(claims), err)
	}
	g.soldOut.learn(sale, v.epoch, v.soldOut(), asked, generation)
	if !v.refused && g.journal.saw(sale, v.epoch) {
		g.handIn.ask(sale)
	}
	outcomes := make([]outcome, len(claims))
	admitted := make([]seckill.Order, 0, len(claims))
	for i, c := range claims {
		a, err := v.outcome(i, c.Request)
		outcomes[i] = outcome{a, err}
		if err == nil && !a.Repeated {
			admitted = append(admitted, acknowledged(c.Request, a))
		}
	}
	// Before the answers: whoever hears of an order can rely on it.
	g.journal.add(admitted...)
	if g.cfg.CommitWait > 0 && len(admitted) > 0 && admitted[0].ID == claims[0].OrderID {
		g.awaitCommit(committed)
	}
	return outcomes
}

// watchCommit watches a batch's first order. It stands for all that the batch admits:
// they are one outbox entry, which SQL gets in one transaction.
func (g *Gate) watchCommit(claims []claim) (<-chan seckill.Change, func()) {
	if g.cfg.CommitWait == 0 {
		return nil, func() {}
	}
	return g.hub.watch(claims[0].OrderID)
}

func (g *Gate) awaitCommit(committed <-chan seckill.Change) {
	bound := time.NewTimer(g.cfg.CommitWait)
	defer bound.Stop()
	select {
	case <-committed:
	case <-bound.C:
	}
}

// sendBatch runs the script, and once more when the answer got lost: the script
// knows the orders that it admitted. After a lost answer only another answer
// settles what happened, not even a refusal of Redis does.
func (g *Gate) sendBatch(sale seckill.ID, claims []claim, m manner) ([]any, error) {
	if err := fault.Point(context.Background(), fault.AdmitSent); err != nil {
		return nil, err
	}
	args := g.admitArgs(claims, m)
	reply, err := g.runAdmit(sale, args)
	if err == nil || notExecuted(err) {
		return reply, err
	}
	g.warnSeldom(&g.lostLog, "an admission's answer got lost, asking again",
		"sale_id", sale.String(), "requests", len(claims), "error", err)
	g.stats.resends.Add(1)
	reply, again := g.runAdmit(sale, args)
	if again != nil {
		return nil, errors.Join(seckill.ErrOutcomeUnknown, err, again)
	}
	return reply, nil
}

// runAdmit sends the script. A fault after it is an answer that got lost.
func (g *Gate) runAdmit(sale seckill.ID, args []any) ([]any, error) {
	reply, err := g.call(context.Background(), admitScript, sale, args...).Slice()
	if err == nil {
		err = fault.Point(context.Background(), fault.AdmitReserved)
	}
	return reply, err
}

// manner is in which way a batch is admitted. The zero value is that of buyers.
type manner struct {
	lost    bool          // the orders were admitted before, and lost since
	offered time.Duration // to those who wait, with this time to pay
	turns   bool          // each is a turn of the sale's queue
}

func (g *Gate) admitArgs(claims []claim, m manner) []any {
	word, hold := "", ""
	switch {
	case m.lost:
		word = "lost"
	case m.offered > 0:
		word, hold = "offered", strconv.FormatInt(m.offered.Milliseconds(), 10)
	case m.turns:
		word = "turns"
	}
	args := make([]any, 0, 7+5*len(claims))
	args = append(args, g.cfg.MaxOutbox, leastLag.Milliseconds(), word, HoldShare,
		g.cfg.CoolDown.After, g.cfg.CoolDown.For.Milliseconds(), hold)
	for _, c := range claims {
		args = append(args, c.OrderID.Short(), c.Key, goods(c.Request), c.Buyer)
		switch {
		case m.lost:
			args = append(args, c.ticket)
		case m.turns:
			args = append(args, turnText(c.Turn))
		}
	}
	return args
}

// acknowledged is the order that an admission made of a request.
func acknowledged(r seckill.Request, a seckill.Admission) seckill.Order {
	return seckill.Order{ID: a.OrderID, SaleID: r.SaleID, Buyer: r.Buyer, RequestKey: r.Key, Ticket: a.Ticket,
		Lines: r.Lines, Amount: r.Amount, Currency: r.Currency, Status: seckill.OrderQueued,
		CreatedAt: a.At, HoldUntil: a.HoldUntil}
}

func (g *Gate) failBatch(sale seckill.ID, claims int, err error) []outcome {
	detail := "the sale cannot be reached just now"
	if errors.Is(err, seckill.ErrOutcomeUnknown) {
		g.stats.unknown.Add(int64(claims))
		detail = outcomeUnknown
	}
	g.warnSeldom(&g.failedLog, "admission failed", "sale_id", sale.String(), "requests", claims, "error", err)
	outcomes := make([]outcome, claims)
	for i := range outcomes {
		outcomes[i].err = seckill.Unavailable(err, "%s", detail)
	}
	return outcomes
}

const outcomeUnknown = "it is not known whether the order was taken; ask again with the same Idempotency-Key"
