package gate

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/seckill-go/seckill/seckill"
)

// verdicts is the reply of admit.lua, which documents the words.
type verdicts struct {
	condition    string // of prelude.lua; then all else is empty
	refused      bool   // the condition stands against everyone
	now          int64  // ms, as the others
	hold         int64
	starts, ends int64
	epoch        string
	each         []verdict
}

// verdict is on one request: the ticket of an order that was admitted now, or the
// word and what it needs.
type verdict struct {
	ticket int64
	text   string
}

func readVerdicts(reply []any, requests int) (v verdicts, err error) {
	if len(reply) == 1 {
		if word, ok := reply[0].(string); ok && loaded(0, word) != nil {
			return verdicts{condition: word, refused: true}, nil
		}
	}
	// A reply of another form comes from a script that is not ours, so nobody
	// can tell what it did.
	odd := fmt.Errorf("%w: admit replied %d values", seckill.ErrOutcomeUnknown, len(reply))
	if len(reply) != 7 {
		return v, odd
	}
	for i, to := range []*int64{&v.now, &v.hold, &v.starts, &v.ends} {
		n, ok := reply[i+1].(int64)
		if !ok {
			return v, odd
		}
		*to = n
	}
	epoch, ok := reply[5].(string)
	each, ok2 := reply[6].([]any)
	if !ok || !ok2 || len(each) != requests {
		return v, odd
	}
	v.epoch, v.each = epoch, make([]verdict, requests)
	for i, e := range each {
		switch e := e.(type) {
		case int64:
			v.each[i].ticket = e
		case string:
			v.each[i].text = e
		default:
			return v, odd
		}
	}
	return v, nil
}

// outcome turns the verdict on one request into what its caller gets.
func (v *verdicts) outcome(i int, r seckill.Request) (a seckill.Admission, err error) {
	if v.refused {
		return a, standsAgainst(r.SaleID, v.condition)
	}
	if v.admittedNow(i) {
		return v.admission(r.OrderID, v.each[i].ticket, v.now), nil
	}
	code, rest, _ := strings.Cut(v.each[i].text, " ")
	switch code {
	case "R":
		return v.repeated(r, rest)
	case "L":
		return a, limitExceeded(rest)
	case "C":
		return a, v.mustWait(rest)
	case "S":
		return a, soldOut()
	case "T":
		return a, turnTaken()
	case "I":
		return a, seckill.Invalid("lines", "%s is not an item of this sale", rest)
	case "N":
		return a, v.notStarted()
	case "E":
		return a, v.ended()
	case "P":
		return a, seckill.Unavailable(nil, "the sale takes no orders just now")
	case "B":
		return a, seckill.Unavailable(nil, "too many orders wait to be recorded")
	}
	return a, &seckill.Error{Code: seckill.CodeInternal, Detail: "no verdict", Cause: fmt.Errorf("gate: verdict %q", v.each[i].text)}
}

// mustWait reads until when (ms) a buyer has to wait.
func (v *verdicts) mustWait(text string) error {
	until, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return &seckill.Error{Code: seckill.CodeInternal, Detail: "no verdict", Cause: fmt.Errorf("gate: wait until %q", text)}
	}
	wait := time.Duration(until-v.now) * time.Millisecond
	return &seckill.Error{Code: seckill.CodeRateLimited, RetryAfter: wait,
		Detail: fmt.Sprintf("Several orders of yours came back unpaid. You can order again in %v.", wait.Round(time.Second))}
}

func (v *verdicts) admission(order seckill.ID, ticket, at int64) seckill.Admission {
	return seckill.Admission{OrderID: order, Ticket: ticket, At: seckill.UnixMilli(at), HoldUntil: seckill.UnixMilli(at + v.hold)}
}

// repeated reads "<order> <ticket> <at ms>".
func (v *verdicts) repeated(r seckill.Request, text string) (seckill.Admission, error) {
	id, rest, _ := strings.Cut(text, " ")
	order, err := seckill.ParseShortID(id)
	var n [2]int64
	for i, f := range strings.SplitN(rest, " ", 2) {
		if err == nil {
			n[i], err = strconv.ParseInt(f, 10, 64)
		}
	}
	if err != nil {
		return seckill.Admission{}, &seckill.Error{Code: seckill.CodeInternal, Detail: "no verdict", Cause: err}
	}
	a := v.admission(order, n[0], n[1])
	// The request's own order comes up when a lost answer was asked for again.
	a.Repeated = a.OrderID != r.OrderID
	return a, nil
}

func (v *verdicts) notStarted() error {
	e := seckill.Errorf(seckill.CodeNotStarted, "the sale has not started")
	e.At = seckill.UnixMilli(v.starts)
	e.RetryAfter = time.Duration(v.starts-v.now) * time.Millisecond
	return e
}

func (v *verdicts) ended() error {
	e := seckill.Errorf(seckill.CodeEnded, "the sale has ended")
	e.At = seckill.UnixMilli(min(v.ends, v.now)) // one that was closed has ended before its time
	return e
}

// admittedNow tells whether this call admitted the order, and not one before.
func (v *verdicts) admittedNow(i int) bool { return v.each[i].ticket > 0 }

// standsAgainst is the error of a sale that admits nobody.
func standsAgainst(sale seckill.ID, condition string) error {
	if condition == "" {
		return seckill.Unavailable(nil, "sale %s is not loaded", sale)
	}
	return loaded(sale, condition)
}

func limitExceeded(order string) error {
	e := seckill.Errorf(seckill.CodeLimitExceeded, "this is more than one buyer may have")
	if id, err := seckill.ParseShortID(order); err == nil {
		e.OrderID = id
	}
	return e
}

func turnTaken() error {
	return seckill.Errorf(seckill.CodeQueueRequired, "your turn has made an order, or is from before the sale was restored")
}

func soldOut() error { return seckill.Errorf(seckill.CodeSoldOut, "no units are left just now") }

// soldOut lists the items that the verdicts prove to have no unit left.
func (v *verdicts) soldOut() []soldOutItem {
	var found []soldOutItem
	for _, e := range v.each {
		text, ok := strings.CutPrefix(e.text, "S ")
		if !ok {
			continue
		}
		part := strings.Split(text, " ")
		if len(part) == 3 && part[1] == "0" {
			found = append(found, soldOutItem{sku: part[0], last: part[2]})
		}
	}
	return found
}
